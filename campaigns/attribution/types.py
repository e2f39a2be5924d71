"""Words of attribution: what an application's touches earn, and what its figures are counted under."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

# What lists and figures show for an application that no touch led to; no slug, source or medium is spelled like it.
NOT_SET = "(not set)"


@dataclass(frozen=True, slots=True)
class VerifiedTouch:
    """A verified touch: which click, on which link, when."""

    click_id: UUID
    link_id: UUID
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class Credit:
    """The link an application is put down to, with that link's source and medium."""

    link_id: UUID
    source: str
    medium: str


@dataclass(frozen=True, slots=True)
class ConversionContext:
    """The application that facts are about, and what they are filed under; without personal data."""

    application_id: UUID
    unit_id: UUID
    intake_id: UUID
    campaign_id: UUID
    link_id: UUID | None
    source: str | None
    medium: str | None
