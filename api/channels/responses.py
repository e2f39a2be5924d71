"""The public contract of channels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.channels.requests import EXAMPLE
from api.http.schemas import Out, SpellingOut, example, spelling_out
from campaigns.naming.similar_names import Fault
from campaigns.planning.models import Channel

_EXAMPLE_CHANNEL = {
    **EXAMPLE,
    "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000005",
    "state": "active",
    "created_at": "2026-10-20T02:00:00Z",
    "version": 1,
}


class ChannelOut(Out):
    """A channel."""

    model_config = example(_EXAMPLE_CHANNEL)

    id: UUID
    unit_id: UUID
    name: str
    source: str
    medium: str
    aliases: list[str]
    state: Literal["active", "closed"]
    created_at: datetime
    version: int = Field(description="Counts changes; also the ETag.")


class ChannelNamed(ChannelOut):
    """A channel that was just made or changed, and what was mended in the names that were sent."""

    model_config = example(
        {
            **_EXAMPLE_CHANNEL,
            "spelling": [
                {
                    "pointer": "/source",
                    "kind": "mixed_case",
                    "given": "Instagram",
                    "suggestion": "instagram",
                    "detail": "Names are in lower case: instagram.",
                }
            ],
        }
    )

    spelling: list[SpellingOut] = Field(description="Names that were mended: case, spaces, underscores.")


def channel_named(channel: Channel, mended: Sequence[Fault]) -> ChannelNamed:
    """The channel as the answer to making or changing it."""
    return ChannelNamed.model_validate({**channel.model_dump(), "spelling": spelling_out(mended)})
