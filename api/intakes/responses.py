"""The public contract of intakes and their stages."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.http.schemas import ResponseModel, example
from api.intakes.requests import EXAMPLE, STAGES
from campaigns.planning.types import OpenState, StageKind


class StageOut(ResponseModel):
    """A stage of the selection."""

    model_config = example(STAGES[1])

    key: str
    name: str
    kind: StageKind


class IntakeOut(ResponseModel):
    """An intake."""

    model_config = example(
        {
            **EXAMPLE,
            "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000003",
            "state": "active",
            "created_at": "2026-10-20T02:00:00Z",
            "version": 1,
        }
    )

    id: UUID
    programme_id: UUID
    name: str
    opens_at: datetime
    closes_at: datetime
    notice_version: str
    notice_url: str
    stages: list[StageOut] = Field(description="The stages in order.")
    state: OpenState
    created_at: datetime
    version: int = Field(description="Version of the object. It increases with each change and is also the ETag.")
