"""The public contract of units."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.http.schemas import ResponseModel, example
from api.units.requests import EXAMPLE
from campaigns.planning.types import UnitKind

_LISTED = {
    **EXAMPLE,
    "term_template": None,
    "content_template": "{name}-{month}",
    "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000001",
    "created_at": "2026-10-20T02:00:00Z",
    "version": 1,
}


class UnitListed(ResponseModel):
    """A unit as it appears in lists."""

    model_config = example(_LISTED)

    id: UUID
    parent_id: UUID | None = Field(description="Null for the national unit.")
    kind: UnitKind
    name: str
    code: str
    allowed_hosts: list[str]
    term_template: str | None
    content_template: str | None
    created_at: datetime
    version: int = Field(description="Version of the object. It increases with each change and is also the ETag.")


class UnitOut(UnitListed):
    """A unit."""

    model_config = example(
        {
            **_LISTED,
            "effective_hosts": ["daftar.example", "*.jabar.example"],
            "effective_term_template": "{medium}",
            "effective_content_template": "{name}-{month}",
        }
    )

    effective_hosts: list[str] = Field(
        description="The allow-list that applies to the unit: its own, or the one of the nearest unit above that has "
        "one."
    )
    effective_term_template: str | None = Field(
        description="The term template that applies to the unit: its own, or the one of the nearest unit above that "
        "has one."
    )
    effective_content_template: str | None = Field(
        description="The content template that applies to the unit: its own, or the one of the nearest unit above "
        "that has one."
    )
