"""The public contract of links created in bulk and of CSV sheets of links."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

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
        description="Terms and contents to accept although they are near-duplicates of names in use (error code "
        "`near-double`).",
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
    """Links of one campaign: one link for each content on each channel."""

    model_config = example(_EXAMPLE)

    campaign_id: UUID = Field(description="The campaign of the links.")
    channel_ids: list[UUID] = Field(min_length=1, max_length=MAX_CHANNELS, description="The channels of the links.")
    contents: list[UtmName] = Field(
        default_factory=list,
        max_length=MAX_LINKS,
        description=f"The contents for each channel. If the list is empty, each channel gets one link, whose content "
        f"comes from the template of the unit. The number of channels times the number of contents is at "
        f"most {MAX_LINKS}.",
    )
    name: Pattern = Field(
        DEFAULT_NAME,
        description="Template for the names of the links. Placeholders: "
        + ", ".join(f"`{{{name}}}`" for name in LINK_NAME_PLACEHOLDERS)
        + ".",
    )
    destination: WebAddress | None = Field(
        None, description="The destination of the links. Null: the landing page of the campaign."
    )
    utm_term: UtmName | None = Field(
        None, description="The term of all links. Null: the term comes from the template of the unit."
    )
    tags: list[Tag] = Field(default_factory=list, max_length=MAX_TAGS, description="Tags of all links.")
    state: NewLinkState = LinkState.ACTIVE
    starts_at: Timestamp | None = Field(
        None, description="Before this time, taps get a page that shows when the link opens."
    )
    ends_at: Timestamp | None = Field(
        None, description="From this time on, taps lead to `ended_destination`, or get a page if it is null."
    )
    ended_destination: WebAddress | None = Field(None, description="Destination of taps from `ends_at` on.")
    pass_query: StrictBool = Field(
        False, description="Whether query parameters of the short URL are passed to the destination."
    )
    keep_names: KeepNames = Field(default_factory=list)
