"""Words of links."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict


class LinkState(StrEnum):
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Utm:
    """The UTM five of a link; term and content may be absent."""

    source: str
    medium: str
    campaign: str
    term: str | None
    content: str | None


class LinkChanges(TypedDict, total=False):
    name: str
    destination: str
    utm_term: str | None
    utm_content: str | None
