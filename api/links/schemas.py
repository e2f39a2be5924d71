"""The public contract of links."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, Field, StringConstraints

from api.http.schemas import Address, In, Name, Out, UtmName, example
from campaigns.links.composing import compose_url
from campaigns.links.models import Link
from campaigns.links.qr import LARGEST_BORDER, LARGEST_SCALE, SMALLEST_SCALE, ErrorLevel
from campaigns.links.rules import SHORTEST_SLUG
from campaigns.links.types import LinkState, Utm
from campaigns.planning.rules import SLUG_LENGTH

# Folded to lower case and checked by the domain, which can then say what is wrong with it.
ChosenSlug = Annotated[str, StringConstraints(strip_whitespace=True, min_length=SHORTEST_SLUG, max_length=SLUG_LENGTH)]

_EXAMPLE = {
    "campaign_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004",
    "channel_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000005",
    "name": "Instagram story, first week",
    "slug": "bintara-story-1",
    "destination": "https://daftar.example/bintara?lang=id",
}


class LinkCreate(In):
    """A new link: one placement of a campaign on a channel."""

    model_config = example({**_EXAMPLE, "utm_content": "story-1"})

    campaign_id: UUID = Field(description="The campaign it is for; cannot be changed.")
    channel_id: UUID = Field(description="The channel it is placed on, which gives source and medium.")
    name: Name
    slug: ChosenSlug | None = Field(
        None,
        description="Its place in the short address: letters, digits and single hyphens, in any case; null: one is "
        "drawn. Cannot be changed, and is never given to another link.",
    )
    destination: Address | None = Field(
        None, description="The page it leads to, on a host of the allow-list; null: the campaign's landing page."
    )
    utm_term: UtmName | None = Field(None, description="Folded to lower case, with spaces as hyphens.")
    utm_content: UtmName | None = Field(
        None, description="Tells placements apart; folded to lower case, with spaces as hyphens."
    )


class LinkChange(In):
    """What to change; fields left out stay."""

    model_config = example({"name": "Instagram story, second week", "utm_content": "story-2"})

    name: Name | MISSING = MISSING
    destination: Address | MISSING = MISSING
    utm_term: UtmName | MISSING | None = MISSING
    utm_content: UtmName | MISSING | None = MISSING


class UtmOut(Out):
    """The UTM five that a link's visitors arrive with."""

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
    campaign: str = Field(description="The campaign's slug.")
    term: str | None
    content: str | None


class LinkOut(Out):
    """A link."""

    model_config = example(
        {
            **_EXAMPLE,
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
            "state": "active",
            "retired_at": None,
            "created_at": "2026-10-20T02:00:00Z",
            "version": 1,
        }
    )

    id: UUID
    campaign_id: UUID
    channel_id: UUID
    name: str
    slug: str
    short_url: str = Field(description="What is published: the address to tap.")
    destination: str = Field(description="The page it leads to, as parsed.")
    target_url: str = Field(description="Where a tap ends up; each tap's own address has a `cid` besides.")
    utm: UtmOut
    state: Literal["active", "retired"]
    retired_at: datetime | None
    created_at: datetime
    version: int = Field(description="Counts changes; also the ETag.")


class QrQuery(In):
    """How to draw a QR code."""

    model_config = example({"scale": 10, "border": 4, "error": "q"})

    scale: int = Field(10, ge=SMALLEST_SCALE, le=LARGEST_SCALE, description="Pixels per module.")
    border: int = Field(
        4, ge=0, le=LARGEST_BORDER, description="Quiet zone around it, in modules; cameras want 4 on a busy ground."
    )
    error: ErrorLevel = Field(
        "m", description="Damage it survives at least: l 7 %, m 15 %, q 25 %, h 30 %. More makes it denser."
    )


def short_url(link: Link, short_link_base: str) -> str:
    """The address that is published for a link."""
    return short_link_base + link.slug


def link_out(link: Link, short_link_base: str) -> LinkOut:
    """A link as the API shows it."""
    utm = Utm(link.utm_source, link.utm_medium, link.utm_campaign, link.utm_term, link.utm_content)
    return LinkOut(
        id=link.id,
        campaign_id=link.campaign_id,
        channel_id=link.channel_id,
        name=link.name,
        slug=link.slug,
        short_url=short_url(link, short_link_base),
        destination=link.destination,
        target_url=compose_url(link.destination, utm),
        utm=UtmOut.model_validate(utm),
        state=LinkState(link.state).value,
        retired_at=link.retired_at,
        created_at=link.created_at,
        version=link.version,
    )
