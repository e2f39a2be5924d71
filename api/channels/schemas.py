"""The public contract of channels."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, Field

from api.http.schemas import In, Out, ShortName, SpellingOut, UtmName, example, spelling_out
from campaigns.naming.similar_names import Fault
from campaigns.planning.models import Channel

MOST_ALIASES = 20

_EXAMPLE = {
    "unit_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000001",
    "name": "Instagram",
    "source": "instagram",
    "medium": "social",
    "aliases": ["ig", "insta"],
}
_EXAMPLE_CHANNEL = {
    **_EXAMPLE,
    "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000005",
    "state": "active",
    "created_at": "2026-10-20T02:00:00Z",
    "version": 1,
}

Aliases = Annotated[
    list[UtmName],
    Field(
        max_length=MOST_ALIASES,
        description="Other spellings that stand for the source; folded to lower case and hyphens.",
    ),
]


class ChannelCreate(In):
    """A new channel."""

    model_config = example(_EXAMPLE)

    unit_id: UUID = Field(description="The unit that owns it; the units below may use it.")
    name: ShortName
    source: UtmName = Field(description="Folded to lower case and hyphens; cannot be changed.")
    medium: UtmName = Field(description="Folded to lower case and hyphens; cannot be changed.")
    aliases: Aliases = Field(default_factory=list)
    accept_names: list[UtmName] = Field(
        default_factory=list,
        max_length=MOST_ALIASES + 2,
        description="Source, medium or aliases again that are meant to be nearly the same as one there is "
        "(`near-double`).",
    )


class ChannelChange(In):
    """What to change; fields left out stay."""

    model_config = example({"aliases": ["ig", "insta", "igstory"]})

    name: ShortName | MISSING = MISSING
    aliases: Aliases | MISSING = MISSING
    accept_names: list[UtmName] = Field(
        default_factory=list,
        max_length=MOST_ALIASES,
        description="Aliases again that are meant to be nearly the same as another source's (`near-double`).",
    )


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
