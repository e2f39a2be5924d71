"""The public contract of programmes."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.http.schemas import ResponseModel, example
from api.programmes.requests import EXAMPLE
from campaigns.planning.types import OpenState


class ProgrammeOut(ResponseModel):
    """A programme."""

    model_config = example(
        {
            **EXAMPLE,
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
    state: OpenState
    created_at: datetime
    version: int = Field(description="Version of the object. It increases with each change and is also the ETag.")
