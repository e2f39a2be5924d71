"""The public contract of programmes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import MISSING, Field

from api.http.schemas import In, Name, Out, Slug, example

_EXAMPLE = {
    "unit_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000000",
    "name": "Bintara",
    "slug": "bintara",
}


class ProgrammeCreate(In):
    """A new programme."""

    model_config = example(_EXAMPLE)

    unit_id: UUID = Field(description="The unit that owns it; the units below may use it.")
    name: Name
    slug: Slug = Field(description="Its short name, unique in the unit; cannot be changed.")


class ProgrammeChange(In):
    """What to change; fields left out stay."""

    model_config = example({"name": "Bintara (non-commissioned officers)"})

    name: Name | MISSING = MISSING


class ProgrammeOut(Out):
    """A programme."""

    model_config = example(
        {
            **_EXAMPLE,
            "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000002",
            "state": "active",
            "created_at": "2026-10-20T02:00:00Z",
            "version": 1,
        }
    )

    id: UUID
    unit_id: UUID
    name: str
    slug: str
    state: Literal["active", "closed"]
    created_at: datetime
    version: int = Field(description="Counts changes; also the ETag.")
