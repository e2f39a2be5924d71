"""The public contract of links created in bulk and of CSV sheets of links."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.fields import CorrectionOut, correction_out
from api.http.schemas import ResponseModel, example, example_of
from api.links.responses import UtmOut, short_url
from campaigns.links.models import Link
from campaigns.links.operations.create import CreatedLinks
from campaigns.links.target_url import compose_url
from campaigns.links.types import LinkState


class PlacementOut(ResponseModel):
    """A link that was created, or that a dry run would create."""

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
    slug: str | None = Field(description="Null in a dry run if the slug would be generated.")
    short_url: str | None = Field(description="The URL to publish. Null if `slug` is null.")
    destination: str
    target_url: str = Field(description="The destination with UTM parameters. Each tap adds its own `cid` parameter.")
    utm: UtmOut
    tags: list[str]
    state: LinkState
    starts_at: datetime | None
    ends_at: datetime | None


class PlacementsOut(ResponseModel):
    """Links created together, in the order of the request: channel by channel, or row by row."""

    model_config = example(
        {
            "dry_run": False,
            "links": [example_of(PlacementOut)],
            "corrections": [example_of(CorrectionOut)],
            "skipped_rows": [],
        }
    )

    dry_run: bool = Field(description="True for a dry run, which creates nothing.")
    links: list[PlacementOut]
    corrections: list[CorrectionOut] = Field(
        description="Corrections of names in the request: case, spaces and underscores."
    )
    skipped_rows: list[int] = Field(
        description="Rows of a CSV sheet, counted from 1, that were skipped because they are unchanged exports of "
        "existing links."
    )


def placements_out(made: CreatedLinks, short_link_base: str) -> PlacementsOut:
    """The response model of links that were created."""
    return PlacementsOut(
        dry_run=False,
        links=[_placement(link, short_link_base) for link in made.links],
        corrections=correction_out(made.corrections),
        skipped_rows=list(made.skipped_rows),
    )


def dry_run_out(made: CreatedLinks, chosen: frozenset[str], short_link_base: str) -> PlacementsOut:
    """The response model of a dry run: without ids, and without generated slugs."""
    out = placements_out(made, short_link_base)
    links = [
        one.model_copy(update={"id": None} if one.slug in chosen else {"id": None, "slug": None, "short_url": None})
        for one in out.links
    ]
    return out.model_copy(update={"dry_run": True, "links": links})


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
