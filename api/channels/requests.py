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
        description="Other spellings that stand for the source; folded to lower case and hyphens.",
    ),
]


class ChannelCreate(RequestModel):
    """A new channel."""

    model_config = example(EXAMPLE)

    unit_id: UUID = Field(description="The unit that owns it; the units below may use it.")
    name: ShortName
    source: UtmName = Field(description="Folded to lower case and hyphens; cannot be changed.")
    medium: UtmName = Field(description="Folded to lower case and hyphens; cannot be changed.")
    aliases: Aliases = Field(default_factory=list)
    keep_names: list[UtmName] = Field(
        default_factory=list,
        max_length=MAX_ALIASES + 2,
        description="Source, medium or aliases again that are meant to be nearly the same as one there is "
        "(`near-double`).",
    )


class ChannelChange(RequestModel):
    """What to change; fields left out stay."""

    model_config = example({"aliases": ["ig", "insta", "igstory"]})

    name: ShortName | MISSING = MISSING
    aliases: Aliases | MISSING = MISSING
    keep_names: list[UtmName] = Field(
        default_factory=list,
        max_length=MAX_ALIASES,
        description="Aliases again that are meant to be nearly the same as another source's (`near-double`).",
    )
