"""Types of applicants: the form, what a candidate answers, and what the public and recruiters read.

Classes that hold personal data or a secret are not printed by `repr`, so that no traceback or log shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from campaigns.access.types import ActorKind
from campaigns.attribution.types import TouchVerdict
from campaigns.planning.types import RegistrationState, StageKind


class AnswerError(Exception):
    """An answer that cannot be accepted; code and detail do not contain the answer."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


class FieldType(StrEnum):
    """Type of a form field. It determines how the field is displayed and validated."""

    TEXT = "text"
    EMAIL = "email"
    PHONE = "phone"
    DATE = "date"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of the registration form; lengths are in characters."""

    key: str
    type: FieldType
    required: bool = True
    max_length: int | None = None
    choices: tuple[Choice, ...] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Answers:
    """Checked answers of a candidate: e-mail normalised, phone in E.164, province an ISO 3166-2 code."""

    name: str
    email: str
    phone: str
    birth_date: date
    province: str


class ConsentClock(StrEnum):
    """What the candidate's clock said about the time of the consent, beside the server's, which is the record."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ConsentGiven:
    """The notice that the candidate agreed to, and when by the candidate's own clock; None if it named no time."""

    notice_version: str
    accepted_at: datetime | None


class Evidence(StrEnum):
    """What two applications in one intake have in common."""

    SAME_EMAIL_AND_BIRTH_DATE = "same-email-and-birth-date"
    SAME_EMAIL = "same-email"
    SIMILAR_EMAIL = "similar-email"
    SAME_PHONE = "same-phone"
    SAME_NAME_AND_BIRTH_DATE = "same-name-and-birth-date"


class DuplicateState(StrEnum):
    """Whether two applications are proposed as those of one person, or were found to be of two."""

    PROPOSED = "proposed"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, repr=False)
class RegistrationForm:
    """A registration form as it was sent.

    `typed` holds every key of `rules.FORM` as it was typed, `touches` the click tokens in any order.
    """

    typed: Mapping[str, str]
    consent: ConsentGiven
    touches: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PublicCampaign:
    """A campaign as the public may see it; `closes_at` is exclusive."""

    campaign_id: UUID
    unit_id: UUID
    intake_id: UUID
    name: str
    slug: str
    unit_name: str
    programme_name: str
    intake_name: str
    registration: RegistrationState
    opens_at: datetime
    closes_at: datetime
    notice_version: str
    notice_url: str


@dataclass(frozen=True, slots=True, repr=False)
class Receipt:
    """What a candidate gets for a registration; the status token is shown nowhere else."""

    reference: str
    status_token: str
    registered_at: datetime
    campaign: str


@dataclass(frozen=True, slots=True)
class ApplicationStatus:
    """The status of an application, as its candidate may see it."""

    reference: str
    campaign_name: str
    intake_name: str
    stage: str
    stage_kind: str
    registered_at: datetime
    stage_entered_at: datetime


@dataclass(frozen=True, slots=True)
class ApplicationFilters:
    """Which applications to list; a filter that is None is not applied."""

    campaign_id: UUID | None = None
    link_id: UUID | None = None
    source: str | None = None
    stage: str | None = None
    stage_kind: StageKind | None = None
    registered_from: datetime | None = None
    registered_to: datetime | None = None
    has_duplicates: bool | None = None
    has_repeats: bool | None = None


@dataclass(frozen=True, slots=True)
class SlugRef:
    """A campaign or link that an application belongs to."""

    id: UUID
    slug: str


@dataclass(frozen=True, slots=True)
class StageView:
    key: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True, repr=False)
class ApplicationSummary:
    """An application in a list; `name` is null once the person's key was deleted.

    `repeat_count` counts the person's further registrations, `duplicate_count` the proposed duplicates that the caller
    may see.
    """

    id: UUID
    reference: str
    name: str | None
    province: str
    campaign: SlugRef
    link: SlugRef | None
    source: str | None
    medium: str | None
    stage: StageView
    registered_at: datetime
    stage_entered_at: datetime
    repeat_count: int
    duplicate_count: int
    version: int


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A consent; `accepted_at` is the server's time where the candidate's clock was `unreadable`."""

    notice_version: str
    accepted_at: datetime
    recorded_at: datetime
    clock: ConsentClock


@dataclass(frozen=True, slots=True)
class TouchView:
    link_id: UUID
    link_slug: str
    source: str
    medium: str
    touched_at: datetime
    verdict: TouchVerdict


@dataclass(frozen=True, slots=True, repr=False)
class HistoryStep:
    """One step of an application; `came_from` and `reason` are null for the first."""

    came_from: StageView | None
    to: StageView
    reason: str | None
    changed_at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None

    @property
    def key_id(self) -> UUID | None:
        """The API key that moved the application, if one did."""
        return self.actor_id if self.actor_kind is ActorKind.KEY else None


@dataclass(frozen=True, slots=True, repr=False)
class RepeatView:
    """What was typed in a further registration of the person; null once the person's key was deleted."""

    registered_at: datetime
    campaign_slug: str
    name: str | None
    email: str | None
    phone: str | None
    birth_date: date | None
    province: str | None


@dataclass(frozen=True, slots=True, repr=False)
class DuplicateView:
    """Another application that may be the same person's; `name` is null once that person's key was deleted."""

    id: UUID
    application_id: UUID
    reference: str
    name: str | None
    campaign: SlugRef
    registered_at: datetime
    evidence: list[Evidence]
    state: DuplicateState
    proposed_at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class ApplicationDetail(ApplicationSummary):
    """An application with its consent, touches, history, repeats and duplicates, each oldest first.

    The personal fields are null once the person's key was deleted.
    """

    email: str | None
    phone: str | None
    birth_date: date | None
    consent: ConsentView
    touches: list[TouchView]
    history: list[HistoryStep]
    repeats: list[RepeatView]
    duplicates: list[DuplicateView]
