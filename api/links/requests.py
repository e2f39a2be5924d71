"""The public contract of links: what is sent to make, change and draw them."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import MISSING, Field, StringConstraints

from api.fields import PreviewDescription, PreviewTitle, UtmName
from api.http.schemas import Name, RequestModel, Timestamp, WebAddress, example
from campaigns.links.qr import MAX_BORDER, MAX_SCALE, MIN_SCALE, ErrorLevel
from campaigns.links.rules import (
    MAX_RULES,
    MAX_TAGS,
    MAX_VARIANT_WEIGHT,
    MAX_VARIANTS,
    MIN_SLUG_LENGTH,
    TAG_LENGTH,
    VARIANT_KEY_LENGTH,
)
from campaigns.links.types import LinkSpec, LinkState, NewLinkState, RuleDevice, UnretiredState
from campaigns.naming.utm import SLUG_LENGTH

EXAMPLE_RULES: list[dict[str, Any]] = [
    {"device": "android", "language": None, "destination": "https://daftar.example/android"},
    {"device": None, "language": "en", "destination": "https://daftar.example/en"},
]
EXAMPLE_VARIANTS: list[dict[str, Any]] = [
    {"key": "photo", "destination": "https://daftar.example/photo", "weight": 2},
    {"key": "film", "destination": "https://daftar.example/film", "weight": 1},
]
EXAMPLE: dict[str, Any] = {
    "campaign_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004",
    "channel_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000005",
    "name": "Instagram story, first week",
    "slug": "bintara-story-1",
    "destination": "https://daftar.example/bintara?lang=id",
    "state": "active",
    "starts_at": "2026-11-01T00:00:00Z",
    "ends_at": "2027-02-01T00:00:00Z",
    "ended_destination": "https://daftar.example/selesai",
    "tags": ["week-1"],
    "pass_query": False,
    "preview_title": "Penerimaan Bintara 2027",
    "preview_description": None,
    "preview_image": "https://daftar.example/story.png",
    "rules": EXAMPLE_RULES,
    "variants": EXAMPLE_VARIANTS,
}

# The domain folds it to lower case and validates it, with more precise errors.
ChosenSlug = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=MIN_SLUG_LENGTH, max_length=SLUG_LENGTH)
]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=TAG_LENGTH)]
Language = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=3)]
VariantKey = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=VARIANT_KEY_LENGTH)]


class RuleIn(RequestModel):
    """Where taps of a device or language go instead."""

    model_config = example(EXAMPLE_RULES[0])

    device: RuleDevice | None = Field(None, description="Null: any device.")
    language: Language | None = Field(
        None, description="The browser's first language, as two or three letters such as `id`; null: any."
    )
    destination: WebAddress


class VariantIn(RequestModel):
    """One of several destinations that a link's visitors are shared out to."""

    model_config = example(EXAMPLE_VARIANTS[0])

    key: VariantKey = Field(description="Its name in figures: letters, digits and single hyphens.")
    destination: WebAddress
    weight: int = Field(ge=1, le=MAX_VARIANT_WEIGHT, description="Its share, in proportion to those of the others.")


Tags = Annotated[
    list[Tag],
    Field(max_length=MAX_TAGS, description="To find links by; folded to lower case, with spaces as hyphens."),
]
Rules = Annotated[
    list[RuleIn],
    Field(
        max_length=MAX_RULES,
        description="The first that matches a tap decides where it goes; each asks for a device, a language or both.",
    ),
]
Variants = Annotated[
    list[VariantIn],
    Field(
        max_length=MAX_VARIANTS,
        description="None, or two and more, which visitors are shared out to where no rule matches. During a day a "
        "visitor keeps the same one.",
    ),
]

KeepNames = Annotated[
    list[UtmName],
    Field(
        max_length=2,
        description="Term or content again, if it is meant to be nearly the same as one in use (`near-double`).",
    ),
]


class LinkCreate(RequestModel):
    """A new link: one placement of a campaign on a channel."""

    model_config = example({**EXAMPLE, "utm_content": "story-1"})

    campaign_id: UUID = Field(description="The campaign it is for; cannot be changed.")
    channel_id: UUID = Field(description="The channel it is placed on, which gives source and medium.")
    name: Name
    slug: ChosenSlug | None = Field(
        None,
        description="Its place in the short address: letters, digits and single hyphens, in any case; null: one is "
        "drawn. Cannot be changed, and is never given to another link.",
    )
    destination: WebAddress | None = Field(
        None, description="The page it leads to, on a host of the allow-list; null: the campaign's landing page."
    )
    utm_term: UtmName | None = Field(
        None, description="Folded to lower case and hyphens; null: by the unit's template."
    )
    utm_content: UtmName | None = Field(
        None, description="Tells placements apart; folded to lower case and hyphens; null: by the unit's template."
    )
    state: NewLinkState = Field(LinkState.ACTIVE, description="A draft shows a page instead of leading on.")
    starts_at: Timestamp | None = Field(None, description="Before it the link shows a page; null: it leads on at once.")
    ends_at: Timestamp | None = Field(None, description="First moment after it; null: it does not end.")
    ended_destination: WebAddress | None = Field(
        None, description="Where it leads after its end; null: it shows a page. Needs `ends_at`."
    )
    tags: Tags = Field(default_factory=list)
    pass_query: bool = Field(False, description="Whether what follows the short address' `?` is passed on.")
    preview_title: PreviewTitle | None = Field(None, description="What chats show as its title; null: the campaign's.")
    preview_description: PreviewDescription | None = Field(
        None, description="What they show below the title; null: the campaign's."
    )
    preview_image: WebAddress | None = Field(
        None,
        description="The picture they show, an https address on a host of the allow-list; null: the campaign's.",
    )
    rules: Rules = Field(default_factory=list)
    variants: Variants = Field(default_factory=list)
    keep_names: KeepNames = Field(default_factory=list)


class LinkChange(RequestModel):
    """What to change; fields left out stay. A list is replaced as a whole."""

    model_config = example({"name": "Instagram story, second week", "utm_content": "story-2", "state": "paused"})

    name: Name | MISSING = MISSING
    destination: WebAddress | MISSING = MISSING
    utm_term: UtmName | MISSING | None = MISSING
    utm_content: UtmName | MISSING | None = MISSING
    state: UnretiredState | MISSING = Field(
        MISSING, description="A draft can become active; what is active can be paused, and active again."
    )
    starts_at: Timestamp | MISSING | None = MISSING
    ends_at: Timestamp | MISSING | None = MISSING
    ended_destination: WebAddress | MISSING | None = MISSING
    tags: Tags | MISSING = MISSING
    pass_query: bool | MISSING = MISSING
    preview_title: PreviewTitle | MISSING | None = MISSING
    preview_description: PreviewDescription | MISSING | None = MISSING
    preview_image: WebAddress | MISSING | None = MISSING
    rules: Rules | MISSING = MISSING
    variants: Variants | MISSING = MISSING
    keep_names: KeepNames = Field(default_factory=list)


class QrQuery(RequestModel):
    """How to draw a QR code."""

    model_config = example({"scale": 10, "border": 4, "error": "q"})

    scale: int = Field(10, ge=MIN_SCALE, le=MAX_SCALE, description="Pixels per module.")
    border: int = Field(
        4, ge=0, le=MAX_BORDER, description="Quiet zone around it, in modules; cameras want 4 on a busy ground."
    )
    error: ErrorLevel = Field(
        "m", description="Damage it survives at least: l 7 %, m 15 %, q 25 %, h 30 %. More makes it denser."
    )


def spec_of(body: LinkCreate) -> LinkSpec:
    """The body as the domain's description of a link."""
    return LinkSpec(**body.model_dump(exclude={"campaign_id", "keep_names"}))
