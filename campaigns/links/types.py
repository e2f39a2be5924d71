"""Words of links."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypedDict
from uuid import UUID


class LinkState(StrEnum):
    """A draft and a paused link show a page instead of leading on; a retired one does so for ever."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    RETIRED = "retired"


# What a link is made as, and what it is changed to; an operation of its own retires it.
NewLinkState = Literal[LinkState.DRAFT, LinkState.ACTIVE]
UnretiredState = Literal[LinkState.DRAFT, LinkState.ACTIVE, LinkState.PAUSED]


class CheckVerdict(StrEnum):
    """What following a destination found; `links.checking` makes it."""

    OK = "ok"
    UNREACHABLE = "unreachable"  # no answer: no such host, refused, timed out, broken TLS
    BROKEN = "broken"  # it answers with an error, with too many redirects or with none that can be followed
    REFUSED = "refused"  # it leads to an address that no server should ask, such as a private one
    HOST_NOT_ALLOWED = "host_not_allowed"  # it ends on a host that is not on the allow-list (any more)
    PARAMETERS_LOST = "parameters_lost"  # UTM or cid do not arrive at the last page


@dataclass(frozen=True, slots=True)
class Utm:
    """The UTM five of a link; term and content may be absent."""

    source: str
    medium: str
    campaign: str
    term: str | None
    content: str | None


class RuleDevice(StrEnum):
    """What a rule can ask for; taps of other devices match only rules that ask for none."""

    IOS = "ios"
    ANDROID = "android"
    DESKTOP = "desktop"


class Rule(TypedDict):
    """Where taps of a device or language go instead; of a link's rules the first that matches holds.

    `device` is a RuleDevice, `language` a primary language tag such as `id`; null matches every one.
    """

    device: str | None
    language: str | None
    destination: str


class Variant(TypedDict):
    """One of several destinations of a link, taken by a share of its visitors in proportion to `weight`."""

    key: str
    destination: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec:
    """A link to be made, as a person or a sheet describes it. Nothing in it is checked yet: `operations.create` does.

    A slug that is None is drawn; a destination that is None is the campaign's landing page.
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
