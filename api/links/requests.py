"""The public contract of links: request bodies, and the options of QR codes."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import MISSING, Field, StrictBool, StrictInt, StringConstraints

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
    """Sends taps of a device or language to another destination."""

    model_config = example(EXAMPLE_RULES[0])

    device: RuleDevice | None = Field(None, description="The device that the rule matches. Null: any device.")
    language: Language | None = Field(
        None,
        description="The first language of the browser as two or three letters, such as `id`. A withdrawn code such as "
        "`in` becomes the current one. Null: any language.",
    )
    destination: WebAddress


class VariantIn(RequestModel):
    """One of several destinations among which the visitors of a link are divided."""

    model_config = example(EXAMPLE_VARIANTS[0])

    key: VariantKey = Field(description="Key of the variant in statistics: letters, digits and single hyphens.")
    destination: WebAddress
    weight: StrictInt = Field(
        ge=1, le=MAX_VARIANT_WEIGHT, description="Share of the visitors, relative to the weights of the other variants."
    )


Tags = Annotated[
    list[Tag],
    Field(
        max_length=MAX_TAGS,
        description="Tags to find links by. They are converted to lower case, and spaces become hyphens.",
    ),
]
Rules = Annotated[
    list[RuleIn],
    Field(
        max_length=MAX_RULES,
        description="The first rule that matches a tap determines its destination. Each rule has a device, a language "
        "or both.",
    ),
]
Variants = Annotated[
    list[VariantIn],
    Field(
        max_length=MAX_VARIANTS,
        description="No variants, or at least two. Visitors whom no rule matches are divided among them. A visitor "
        "gets the same variant during a whole day.",
    ),
]

KeepNames = Annotated[
    list[UtmName],
    Field(
        max_length=2,
        description="Term or content to accept although it is a near-duplicate of a name in use (error code "
        "`near-double`).",
    ),
]


class LinkCreate(RequestModel):
    """A new link: one placement of a campaign on a channel."""

    model_config = example({**EXAMPLE, "utm_content": "story-1"})

    campaign_id: UUID = Field(description="The campaign of the link. It cannot be changed.")
    channel_id: UUID = Field(description="The channel of the link. It determines `source` and `medium`.")
    name: Name
    slug: ChosenSlug | None = Field(
        None,
        description="The last part of the short URL: letters, digits and single hyphens, in upper or lower case. "
        "Null: a slug is generated. The slug cannot be changed and is never given to another link.",
    )
    destination: WebAddress | None = Field(
        None,
        description="The destination of the link. Its host must be on the allow-list of the unit. Null: the landing "
        "page of the campaign.",
    )
    utm_term: UtmName | None = Field(
        None, description="Converted to lower case with hyphens. Null: the term comes from the template of the unit."
    )
    utm_content: UtmName | None = Field(
        None,
        description="Identifies the placement. Converted to lower case with hyphens. Null: the content comes from the "
        "template of the unit.",
    )
    state: NewLinkState = Field(LinkState.ACTIVE, description="A draft shows a page instead of redirecting.")
    starts_at: Timestamp | None = Field(
        None, description="Before this time the link shows a page. Null: the link redirects immediately."
    )
    ends_at: Timestamp | None = Field(
        None, description="From this time on, taps lead to `ended_destination`. Null: the link does not end."
    )
    ended_destination: WebAddress | None = Field(
        None, description="Destination of taps from `ends_at` on. Null: the link shows a page. Requires `ends_at`."
    )
    tags: Tags = Field(default_factory=list)
    pass_query: StrictBool = Field(
        False, description="Whether query parameters of the short URL are passed to the destination."
    )
    preview_title: PreviewTitle | None = Field(
        None, description="Title of the link preview in chat apps. Null: the title of the campaign."
    )
    preview_description: PreviewDescription | None = Field(
        None, description="Text of the link preview, below the title. Null: the text of the campaign."
    )
    preview_image: WebAddress | None = Field(
        None,
        description="Image of the link preview: an https URL whose host is on the allow-list. Null: the image of the "
        "campaign.",
    )
    rules: Rules = Field(default_factory=list)
    variants: Variants = Field(default_factory=list)
    keep_names: KeepNames = Field(default_factory=list)


class LinkChange(RequestModel):
    """Fields to change. Omitted fields keep their values. A new list replaces the whole old list."""

    model_config = example({"name": "Instagram story, second week", "utm_content": "story-2", "state": "paused"})

    name: Name | MISSING = MISSING
    destination: WebAddress | MISSING = MISSING
    utm_term: UtmName | MISSING | None = MISSING
    utm_content: UtmName | MISSING | None = MISSING
    state: UnretiredState | MISSING = Field(
        MISSING,
        description="A draft can become active. An active link can be paused, and a paused link can become active.",
    )
    starts_at: Timestamp | MISSING | None = MISSING
    ends_at: Timestamp | MISSING | None = MISSING
    ended_destination: WebAddress | MISSING | None = MISSING
    tags: Tags | MISSING = MISSING
    pass_query: StrictBool | MISSING = MISSING
    preview_title: PreviewTitle | MISSING | None = MISSING
    preview_description: PreviewDescription | MISSING | None = MISSING
    preview_image: WebAddress | MISSING | None = MISSING
    rules: Rules | MISSING = MISSING
    variants: Variants | MISSING = MISSING
    successor_id: UUID | MISSING | None = Field(
        MISSING,
        description="The link to name on the page of this one once it is retired or over. It is named while it leads "
        "on. The only field of a retired link that can be changed. Null: none is named.",
    )
    keep_names: KeepNames = Field(default_factory=list)


class QrQuery(RequestModel):
    """Options of a QR code."""

    model_config = example({"scale": 10, "border": 4, "error": "q"})

    scale: int = Field(10, ge=MIN_SCALE, le=MAX_SCALE, description="Pixels per module.")
    border: int = Field(
        4,
        ge=0,
        le=MAX_BORDER,
        description="Quiet zone around the code, in modules. On a busy background cameras need 4.",
    )
    error: ErrorLevel = Field(
        "m",
        description="Error correction level: the code remains readable with damage of l 7 %, m 15 %, q 25 %, h 30 %. "
        "A higher level makes the code denser.",
    )


def spec_of(body: LinkCreate) -> LinkSpec:
    """The body as the domain's description of a link."""
    return LinkSpec(**body.model_dump(exclude={"campaign_id", "keep_names"}))
