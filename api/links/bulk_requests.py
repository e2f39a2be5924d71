"""The public contract of links made in bulk and of sheets of links."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from api.fields import UtmName
from api.http.schemas import RequestModel, Timestamp, WebAddress, example
from api.links.requests import Tag
from campaigns.links.operations.bulk import DEFAULT_NAME, MAX_LINKS
from campaigns.links.rules import MAX_TAGS
from campaigns.links.types import LinkState, NewLinkState
from campaigns.naming.templates import LINK_NAME_PLACEHOLDERS, TEMPLATE_LENGTH

MAX_CHANNELS = 200

# The domain folds and validates it, with more precise errors.
Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TEMPLATE_LENGTH)]
KeepNames = Annotated[
    list[UtmName],
    Field(
        max_length=MAX_LINKS,
        description="Terms and contents that are meant to be nearly the same as one in use (`near-double`).",
    ),
]

_EXAMPLE = {
    "campaign_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004",
    "channel_ids": ["0198f3a2-b7c8-7d3e-9a41-c0ffee000005"],
    "contents": ["Story 1", "reels-1"],
    "name": "{source} {content}",
    "destination": None,
    "utm_term": None,
    "tags": ["week-1"],
    "state": "active",
    "starts_at": None,
    "ends_at": None,
    "ended_destination": None,
    "pass_query": False,
    "keep_names": [],
}


class BulkCreate(RequestModel):
    """Placements of one campaign: a link for each content on each channel."""

    model_config = example(_EXAMPLE)

    campaign_id: UUID = Field(description="The campaign they are for.")
    channel_ids: list[UUID] = Field(
        min_length=1, max_length=MAX_CHANNELS, description="The channels they are placed on."
    )
    contents: list[UtmName] = Field(
        default_factory=list,
        max_length=MAX_LINKS,
        description=f"The contents on each channel; none: one link a channel, with the content by the unit's template. "
        f"Channels times contents are at most {MAX_LINKS}.",
    )
    name: Pattern = Field(
        DEFAULT_NAME,
        description="How the links are named; to fill in are "
        + ", ".join(f"`{{{name}}}`" for name in LINK_NAME_PLACEHOLDERS)
        + ".",
    )
    destination: WebAddress | None = Field(
        None, description="The page they lead to; null: the campaign's landing page."
    )
    utm_term: UtmName | None = Field(None, description="The term of them all; null: by the unit's template.")
    tags: list[Tag] = Field(default_factory=list, max_length=MAX_TAGS, description="Tags of them all.")
    state: NewLinkState = LinkState.ACTIVE
    starts_at: Timestamp | None = Field(None, description="Taps before it get a page that says so.")
    ends_at: Timestamp | None = Field(None, description="From then on taps lead to `ended_destination`, or get a page.")
    ended_destination: WebAddress | None = Field(None, description="Where taps lead after the end.")
    pass_query: bool = Field(False, description="Whether parameters of a tap are handed on to the page.")
    keep_names: KeepNames = Field(default_factory=list)
