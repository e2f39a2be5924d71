"""The public contract of channels."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.channels.requests import EXAMPLE
from api.fields import CorrectionOut, correction_out
from api.http.schemas import ResponseModel, example
from campaigns.naming.types import Written
from campaigns.planning.models import Channel
from campaigns.planning.types import OpenState

_EXAMPLE_CHANNEL = {
    **EXAMPLE,
    "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000005",
    "state": "active",
    "created_at": "2026-10-20T02:00:00Z",
    "version": 1,
}


class ChannelOut(ResponseModel):
    """A channel."""

    model_config = example(_EXAMPLE_CHANNEL)

    id: UUID
    unit_id: UUID
    name: str
    source: str
    medium: str
    aliases: list[str]
    state: OpenState
    created_at: datetime
    version: int = Field(description="Version of the object. It increases with each change and is also the ETag.")


class ChannelWritten(ChannelOut):
    """A channel after its creation or change, with the corrections of names in the request."""

    model_config = example(
        {
            **_EXAMPLE_CHANNEL,
            "corrections": [
                {
                    "pointer": "/source",
                    "kind": "mixed_case",
                    "given": "Instagram",
                    "suggestion": "instagram",
                    "detail": "Upper-case letters were changed to lower case: instagram.",
                }
            ],
        }
    )

    corrections: list[CorrectionOut] = Field(
        description="Corrections of names in the request: case, spaces and underscores."
    )


def channel_written(written: Written[Channel]) -> ChannelWritten:
    """The response model of a created or changed channel."""
    corrections = correction_out(written.corrections)
    return ChannelWritten.model_validate({**written.row.model_dump(), "corrections": corrections})
