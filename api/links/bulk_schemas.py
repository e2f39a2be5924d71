"""The public contract of links made in bulk and of sheets of links."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from api.http.schemas import Address, In, Moment, Out, SpellingOut, UtmName, example, example_of, spelling_out
from api.links.requests import Tag
from api.links.responses import UtmOut, short_url
from campaigns.links.models import Link
from campaigns.links.operations.bulk import DEFAULT_NAME, MOST_LINKS
from campaigns.links.operations.create import Placed
from campaigns.links.rules import MOST_TAGS
from campaigns.links.target_url import compose_url
from campaigns.links.types import LinkState
from campaigns.naming.templates import LINK_NAME_PLACEHOLDERS, TEMPLATE_LENGTH

MOST_CHANNELS = 200

# Folded and checked by the domain, which can then say what is wrong with it.
Pattern = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TEMPLATE_LENGTH)]
AcceptNames = Annotated[
    list[UtmName],
    Field(
        max_length=MOST_LINKS,
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
    "accept_names": [],
}


class BulkCreate(In):
    """Placements of one campaign: a link for each content on each channel."""

    model_config = example(_EXAMPLE)

    campaign_id: UUID = Field(description="The campaign they are for.")
    channel_ids: list[UUID] = Field(
        min_length=1, max_length=MOST_CHANNELS, description="The channels they are placed on."
    )
    contents: list[UtmName] = Field(
        default_factory=list,
        max_length=MOST_LINKS,
        description=f"The contents on each channel; none: one link a channel, with the content by the unit's template. "
        f"Channels times contents are at most {MOST_LINKS}.",
    )
    name: Pattern = Field(
        DEFAULT_NAME,
        description="How the links are named; to fill in are "
        + ", ".join(f"`{{{name}}}`" for name in LINK_NAME_PLACEHOLDERS)
        + ".",
    )
    destination: Address | None = Field(None, description="The page they lead to; null: the campaign's landing page.")
    utm_term: UtmName | None = Field(None, description="The term of them all; null: by the unit's template.")
    tags: list[Tag] = Field(default_factory=list, max_length=MOST_TAGS, description="Tags of them all.")
    state: Literal["draft", "active"] = "active"
    starts_at: Moment | None = Field(None, description="Taps before it get a page that says so.")
    ends_at: Moment | None = Field(None, description="From then on taps lead to `ended_destination`, or get a page.")
    ended_destination: Address | None = Field(None, description="Where taps lead after the end.")
    pass_query: bool = Field(False, description="Whether parameters of a tap are handed on to the page.")
    accept_names: AcceptNames = Field(default_factory=list)


class PlacementOut(Out):
    """A link as it was made, or would be."""

    model_config = example(
        {
            "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000006",
            "campaign_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004",
            "channel_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000005",
            "name": "instagram story-1",
            "slug": "k7mxq2d",
            "short_url": "https://jaring.example/k7mxq2d",
            "destination": "https://daftar.example/bintara",
            "target_url": "https://daftar.example/bintara?utm_source=instagram&utm_medium=social"
            "&utm_campaign=bintara-2027-jabar&utm_content=story-1",
            "utm": {
                "source": "instagram",
                "medium": "social",
                "campaign": "bintara-2027-jabar",
                "term": None,
                "content": "story-1",
            },
            "tags": ["week-1"],
            "state": "active",
            "starts_at": None,
            "ends_at": None,
        }
    )

    id: UUID | None = Field(description="Null in a dry run.")
    campaign_id: UUID
    channel_id: UUID
    name: str
    slug: str | None = Field(description="Null in a dry run where one would be drawn.")
    short_url: str | None = Field(description="What is published; null where the slug is.")
    destination: str
    target_url: str = Field(description="Where a tap ends up; each tap's own address has a `cid` besides.")
    utm: UtmOut
    tags: list[str]
    state: LinkState
    starts_at: datetime | None
    ends_at: datetime | None


class PlacementsOut(Out):
    """Links made together, in the order they were asked for: channel by channel, or row by row."""

    model_config = example(
        {
            "dry_run": False,
            "links": [example_of(PlacementOut)],
            "spelling": [example_of(SpellingOut)],
            "passed_over": [],
        }
    )

    dry_run: bool = Field(description="Whether nothing was made.")
    links: list[PlacementOut]
    spelling: list[SpellingOut] = Field(description="Names that were mended: case, spaces, underscores.")
    passed_over: list[int] = Field(
        description="Rows of a sheet, from 1, that are links there are already, as an export wrote them; of these "
        "nothing was made."
    )


def placements_out(placed: Placed, short_link_base: str) -> PlacementsOut:
    """Links that were made, as the API shows them."""
    return PlacementsOut(
        dry_run=False,
        links=[_placement(link, short_link_base) for link in placed.links],
        spelling=spelling_out(placed.spelling),
        passed_over=list(placed.passed_over),
    )


def tried_out(placed: Placed, chosen: frozenset[str], short_link_base: str) -> PlacementsOut:
    """Links that a dry run tried: without ids, and without the slugs that nobody chose."""
    made = placements_out(placed, short_link_base)
    links = [
        one.model_copy(update={"id": None} if one.slug in chosen else {"id": None, "slug": None, "short_url": None})
        for one in made.links
    ]
    return made.model_copy(update={"dry_run": True, "links": links})


def _placement(link: Link, short_link_base: str) -> PlacementOut:
    return PlacementOut(
        id=link.id,
        campaign_id=link.campaign_id,
        channel_id=link.channel_id,
        name=link.name,
        slug=link.slug,
        short_url=short_url(link, short_link_base),
        destination=link.destination,
        target_url=compose_url(link.destination, link.utm),
        utm=UtmOut.model_validate(link.utm),
        tags=link.tags,
        state=LinkState(link.state),
        starts_at=link.starts_at,
        ends_at=link.ends_at,
    )
