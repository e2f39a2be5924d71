"""The public contract of links: response bodies."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.fields import CorrectionOut, correction_out
from api.http.schemas import ResponseModel, example, example_of
from api.links.requests import EXAMPLE, EXAMPLE_RULES, EXAMPLE_VARIANTS
from campaigns.links.destination_checks.queries import worst_check
from campaigns.links.models import DestinationCheck, Link
from campaigns.links.operations.create import CreatedLinks
from campaigns.links.target_url import compose_url
from campaigns.links.types import CheckVerdict, LinkState, RuleDevice
from campaigns.naming.types import NameIssue

_EXAMPLE_PLACE = {
    "place": "default",
    "verdict": "ok",
    "checked_at": "2026-10-20T02:00:05Z",
    "detail": "The page answers, and UTM and cid arrive there.",
    "status": 200,
    "final_url": "https://daftar.example/bintara",
    "hops": 1,
    "utm_kept": True,
    "cid_kept": True,
    "host_allowed": True,
}
_EXAMPLE_LINK: dict[str, Any] = {
    **EXAMPLE,
    "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000006",
    "short_url": "https://jaring.example/bintara-story-1",
    "target_url": "https://daftar.example/bintara?lang=id&utm_source=instagram&utm_medium=social"
    "&utm_campaign=bintara-2027-jabar&utm_content=story-1",
    "utm": {
        "source": "instagram",
        "medium": "social",
        "campaign": "bintara-2027-jabar",
        "term": None,
        "content": "story-1",
    },
    "retired_at": None,
    "successor_id": None,
    "check": {**_EXAMPLE_PLACE, "places": [_EXAMPLE_PLACE]},
    "clicks": None,
    "created_at": "2026-10-20T02:00:00Z",
    "version": 1,
}
_EXAMPLE_NAMED: dict[str, Any] = {**_EXAMPLE_LINK, "check": None, "corrections": [example_of(CorrectionOut)]}


class UtmOut(ResponseModel):
    """The five UTM parameters of a link."""

    model_config = example(
        {
            "source": "instagram",
            "medium": "social",
            "campaign": "bintara-2027-jabar",
            "term": None,
            "content": "story-1",
        }
    )

    source: str
    medium: str
    campaign: str = Field(description="The slug of the campaign.")
    term: str | None
    content: str | None


class RuleOut(ResponseModel):
    """Sends taps of a device or language to another destination. Null matches every device or language."""

    model_config = example(EXAMPLE_RULES[0])

    device: RuleDevice | None
    language: str | None
    destination: str


class VariantOut(ResponseModel):
    """One of several destinations among which the visitors of a link are divided by weight."""

    model_config = example(EXAMPLE_VARIANTS[0])

    key: str
    destination: str
    weight: int


class PlaceCheckOut(ResponseModel):
    """Result of the last check of one destination. A field is null if the check could not determine it."""

    model_config = example(_EXAMPLE_PLACE)

    place: str = Field(description="`default`, `ended`, `rule:0` (its position) or `variant:photo` (its key).")
    verdict: CheckVerdict
    checked_at: datetime
    detail: str | None = Field(description="Explanation of the result.")
    status: int | None = Field(description="HTTP status of the last page.")
    final_url: str | None = Field(description="URL after all redirects.")
    hops: int | None = Field(description="Number of redirects that were followed.")
    utm_kept: bool | None = Field(description="Whether all UTM parameters arrived at `final_url`.")
    cid_kept: bool | None = Field(
        description="Whether `cid` arrived at `final_url`. Without it, registrations cannot be attributed to the link."
    )
    host_allowed: bool | None = Field(
        description="Whether the hosts of the destination and of `final_url` are on the allow-list."
    )


class CheckOut(PlaceCheckOut):
    """The worst result among the destinations of a link, and the result of each destination."""

    model_config = example({**_EXAMPLE_PLACE, "places": [_EXAMPLE_PLACE]})

    places: list[PlaceCheckOut] = Field(description="One entry for each checked destination.")


class LinkOut(ResponseModel):
    """A link."""

    model_config = example(_EXAMPLE_LINK)

    id: UUID
    campaign_id: UUID
    channel_id: UUID
    name: str
    slug: str
    short_url: str = Field(description="The URL to publish.")
    destination: str = Field(description="The destination in the normal form of the URL parser.")
    target_url: str = Field(
        description="The destination with UTM parameters, for taps without a matching rule or variant. Each tap adds "
        "its own `cid` parameter."
    )
    utm: UtmOut
    state: LinkState
    retired_at: datetime | None
    successor_id: UUID | None = Field(
        description="The link that the page of this one names once it no longer leads on."
    )
    starts_at: datetime | None
    ends_at: datetime | None
    ended_destination: str | None
    tags: list[str] = Field(description="In alphabetical order.")
    pass_query: bool
    preview_title: str | None
    preview_description: str | None
    preview_image: str | None
    rules: list[RuleOut] = Field(description="The first rule that matches a tap determines its destination.")
    variants: list[VariantOut]
    check: CheckOut | None = Field(
        description="Result of the last check of the destinations. Null before the first check, and for a retired link."
    )
    clicks: int | None = Field(description="Number of clicks, in a list sorted by clicks. Null elsewhere.")
    created_at: datetime
    version: int = Field(description="Version of the object. It increases with each change and is also the ETag.")


class LinkCreated(LinkOut):
    """A link after its creation, with the corrections of names in the request."""

    model_config = example(_EXAMPLE_NAMED)

    corrections: list[CorrectionOut] = Field(
        description="Corrections of names in the request: case, spaces and underscores."
    )


class LinkChanged(LinkOut):
    """A link after its change, with the corrections of names in the request."""

    model_config = example(_EXAMPLE_NAMED)

    corrections: list[CorrectionOut] = Field(
        description="Corrections of names in the request: case, spaces and underscores."
    )


def short_url(link: Link, short_link_base: str) -> str:
    """The URL to publish for a link."""
    return short_link_base + link.slug


def link_out(
    link: Link, short_link_base: str, *, checks: Sequence[DestinationCheck] = (), clicks: int | None = None
) -> LinkOut:
    """The response model of a link; a new link has no checks yet."""
    return LinkOut(
        id=link.id,
        campaign_id=link.campaign_id,
        channel_id=link.channel_id,
        name=link.name,
        slug=link.slug,
        short_url=short_url(link, short_link_base),
        destination=link.destination,
        target_url=compose_url(link.destination, link.utm),
        utm=UtmOut.model_validate(link.utm),
        state=LinkState(link.state),
        retired_at=link.retired_at,
        successor_id=link.successor_id,
        starts_at=link.starts_at,
        ends_at=link.ends_at,
        ended_destination=link.ended_destination,
        tags=link.tags,
        pass_query=link.pass_query,
        preview_title=link.preview_title,
        preview_description=link.preview_description,
        preview_image=link.preview_image,
        rules=[RuleOut.model_validate(rule) for rule in link.rules],
        variants=[VariantOut.model_validate(variant) for variant in link.variants],
        check=_check_out(checks),
        clicks=clicks,
        created_at=link.created_at,
        version=link.version,
    )


def link_created(made: CreatedLinks, short_link_base: str) -> LinkCreated:
    """The response model of the one link that was created."""
    (link,) = made.links
    return LinkCreated(**dict(link_out(link, short_link_base)), corrections=correction_out(made.corrections))


def link_changed(link: LinkOut, corrections: Sequence[NameIssue]) -> LinkChanged:
    """The response model of a changed link."""
    return LinkChanged(**dict(link), corrections=correction_out(corrections))


def _check_out(checks: Sequence[DestinationCheck]) -> CheckOut | None:
    gravest = worst_check(checks)
    if gravest is None:
        return None
    places = [PlaceCheckOut.model_validate(check) for check in checks if check.verdict is not None]
    return CheckOut(**PlaceCheckOut.model_validate(gravest).model_dump(), places=places)
