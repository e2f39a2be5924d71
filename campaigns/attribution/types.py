"""Types of attribution: touches, the credit for an application, and the columns conversions are grouped by."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

# Shown for an application without a touch; no slug, source or medium can be spelled like this.
NOT_SET = "(not set)"


class TouchVerdict(StrEnum):
    """What a touch proves; only a visit can earn the credit."""

    VISIT = "visit"  # the candidate tapped the link
    SHARED = "shared"  # another candidate brought the same click first
    EXPIRED = "expired"  # the click is older than `rules.MAX_TOUCH_AGE`
    ROBOT = "robot"  # the click was a robot's tap


@dataclass(frozen=True, slots=True)
class VerifiedTouch:
    """A touch whose click token was signed by us: which click, on which link of which campaign, when."""

    click_id: UUID
    campaign_id: UUID
    link_id: UUID
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class JudgedTouch:
    """A verified touch and what it proves."""

    touch: VerifiedTouch
    verdict: TouchVerdict


@dataclass(frozen=True, slots=True)
class Credit:
    """The link that is credited with an application, with that link's source and medium."""

    link_id: UUID
    source: str
    medium: str


@dataclass(frozen=True, slots=True)
class ConversionContext:
    """The application that conversions are about, and the columns they are grouped by; without personal data."""

    application_id: UUID
    unit_id: UUID
    intake_id: UUID
    campaign_id: UUID
    link_id: UUID | None
    source: str | None
    medium: str | None
