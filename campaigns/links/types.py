"""Types of links: states, check verdicts, destinations, and the fields of a new link."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypedDict
from uuid import UUID


class LinkState(StrEnum):
    """State of a link. Only an active link redirects. In all other states it shows a page."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"


# The states that can be set on create, and on update; `retire_link` sets the last, `restore_link` takes it back.
NewLinkState = Literal[LinkState.DRAFT, LinkState.ACTIVE]
UnretiredState = Literal[LinkState.DRAFT, LinkState.ACTIVE, LinkState.PAUSED]


class CheckVerdict(StrEnum):
    """Result of a check of a destination."""

    OK = "ok"
    UNREACHABLE = "unreachable"  # no answer: unknown host, connection refused, time-out, TLS error
    BROKEN = "broken"  # an error status, too many redirects, or an invalid redirect
    REFUSED = "refused"  # it redirects to an IP address that checks must not connect to, such as a private one
    HOST_NOT_ALLOWED = "host_not_allowed"  # the final page is on a host that is not, or no longer, on the allow-list
    PARAMETERS_LOST = "parameters_lost"  # UTM parameters or cid do not arrive at the final page


@dataclass(frozen=True, slots=True)
class Utm:
    """The UTM five of a link; term and content may be absent."""

    source: str
    medium: str
    campaign: str
    term: str | None
    content: str | None


class RuleDevice(StrEnum):
    """A device that a rule can match. Taps of other devices match only rules without a device."""

    IOS = "ios"
    ANDROID = "android"
    DESKTOP = "desktop"


class Rule(TypedDict):
    """Sends taps of a device or language to another destination. The first rule that matches a tap applies.

    `device` is a RuleDevice, `language` a primary language tag such as `id`; null matches all.
    """

    device: str | None
    language: str | None
    destination: str


class Variant(TypedDict):
    """One of several destinations of a link; it gets a share of the visitors in proportion to `weight`."""

    key: str
    destination: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec:
    """The fields of a new link as typed by a person or read from a sheet; `operations.create` validates them.

    Slug None: a random one is generated. Destination None: the campaign's landing page.
    """

    channel_id: UUID
    name: str
    slug: str | None = None
    destination: str | None = None
    utm_term: str | None = None
    utm_content: str | None = None
    state: LinkState = LinkState.ACTIVE
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    ended_destination: str | None = None
    tags: Sequence[str] = ()
    pass_query: bool = False
    preview_title: str | None = None
    preview_description: str | None = None
    preview_image: str | None = None
    rules: Sequence[Rule] = ()
    variants: Sequence[Variant] = ()


class LinkChanges(TypedDict, total=False):
    name: str
    destination: str
    utm_term: str | None
    utm_content: str | None
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    ended_destination: str | None
    tags: list[str]
    pass_query: bool
    preview_title: str | None
    preview_description: str | None
    preview_image: str | None
    rules: list[Rule]
    variants: list[Variant]
    successor_id: UUID | None
