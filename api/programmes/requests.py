"""The public contract of programmes."""

from uuid import UUID

from pydantic import MISSING, Field

from api.fields import Slug
from api.http.schemas import Name, RequestModel, example

EXAMPLE = {
    "unit_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000000",
    "name": "Bintara",
    "slug": "bintara",
}


class ProgrammeCreate(RequestModel):
    """A new programme."""

    model_config = example(EXAMPLE)

    unit_id: UUID = Field(description="The unit that owns the programme. The units below may use it.")
    name: Name
    slug: Slug = Field(description="Short name, unique within the unit. It cannot be changed.")


class ProgrammeChange(RequestModel):
    """Fields to change. Omitted fields keep their values."""

    model_config = example({"name": "Bintara (non-commissioned officers)"})

    name: Name | MISSING = MISSING
