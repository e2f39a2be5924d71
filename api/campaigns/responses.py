"""The public contract of campaigns."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.campaigns.requests import EXAMPLE
from api.http.schemas import ResponseModel, example
from campaigns.planning.types import CampaignState


class CampaignOut(ResponseModel):
    """A campaign."""

    model_config = example(
        {
            **EXAMPLE,
            "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004",
            "created_at": "2026-10-20T02:00:00Z",
            "version": 1,
        }
    )

    id: UUID
    unit_id: UUID
    intake_id: UUID
    name: str
    slug: str
    starts_at: datetime
    ends_at: datetime | None
    landing_url: str
    preview_title: str | None
    preview_description: str | None
    preview_image: str | None
    state: CampaignState
    created_at: datetime
    version: int = Field(description="Version of the object. It increases with each change and is also the ETag.")
