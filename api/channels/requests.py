"""The public contract of channels."""

from typing import Annotated
from uuid import UUID

from pydantic import MISSING, Field

from api.fields import UtmName
from api.http.schemas import RequestModel, ShortName, example

MAX_ALIASES = 20

EXAMPLE = {
    "unit_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000001",
    "name": "Instagram",
    "source": "instagram",
    "medium": "social",
    "aliases": ["ig", "insta"],
}

Aliases = Annotated[
    list[UtmName],
    Field(
        max_length=MAX_ALIASES,
        description="Other spellings of the source. They are converted to lower case with hyphens.",
    ),
]


class ChannelCreate(RequestModel):
    """A new channel."""

    model_config = example(EXAMPLE)

    unit_id: UUID = Field(description="The unit that owns the channel. The units below may use it.")
    name: ShortName
    source: UtmName = Field(description="Converted to lower case with hyphens. It cannot be changed.")
    medium: UtmName = Field(description="Converted to lower case with hyphens. It cannot be changed.")
    aliases: Aliases = Field(default_factory=list)
    keep_names: list[UtmName] = Field(
        default_factory=list,
        max_length=MAX_ALIASES + 2,
        description="Source, medium or aliases to accept although they are near-duplicates of existing names (error "
        "code `near-double`).",
    )


class ChannelChange(RequestModel):
    """Fields to change. Omitted fields keep their values."""

    model_config = example({"aliases": ["ig", "insta", "igstory"]})

    name: ShortName | MISSING = MISSING
    aliases: Aliases | MISSING = MISSING
    keep_names: list[UtmName] = Field(
        default_factory=list,
        max_length=MAX_ALIASES,
        description="Aliases to accept although they are near-duplicates of names of another source (error code "
        "`near-double`).",
    )
