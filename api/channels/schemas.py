"""The public contract of channels."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, Field

from api.http.schemas import In, Out, ShortName, UtmName, example

MOST_ALIASES = 20

_EXAMPLE = {
    "unit_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000001",
    "name": "Instagram",
    "source": "instagram",
    "medium": "social",
    "aliases": ["ig", "insta"],
}

Aliases = Annotated[
    list[UtmName], Field(max_length=MOST_ALIASES, description="Other spellings that stand for the source.")
]


class ChannelCreate(In):
    """A new channel."""

    model_config = example(_EXAMPLE)

    unit_id: UUID = Field(description="The unit that owns it; the units below may use it.")
    name: ShortName
    source: UtmName = Field(description="Folded to lower case; cannot be changed.")
    medium: UtmName = Field(description="Folded to lower case; cannot be changed.")
    aliases: Aliases = Field(default_factory=list)
    accept_names: list[UtmName] = Field(
        default_factory=list,
        max_length=1,
        description="The source again, if it is meant to be nearly the same as one there is (`near-double`).",
    )


class ChannelChange(In):
    """What to change; fields left out stay."""

    model_config = example({"aliases": ["ig", "insta", "igstory"]})

    name: ShortName | MISSING = MISSING
    aliases: Aliases | MISSING = MISSING


class ChannelOut(Out):
    """A channel."""

    model_config = example(
        {
            **_EXAMPLE,
            "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000005",
            "state": "active",
            "created_at": "2026-10-20T02:00:00Z",
            "version": 1,
        }
    )

    id: UUID
    unit_id: UUID
    name: str
    source: str
    medium: str
    aliases: list[str]
    state: Literal["active", "closed"]
    created_at: datetime
    version: int = Field(description="Counts changes; also the ETag.")
