"""The public contract of recruiters' work with applications; personal fields are null once a person was erased."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from api.http.schemas import ResponseModel, example
from campaigns.access.types import ActorKind
from campaigns.applicants.types import ConsentClock, DuplicateState, Evidence
from campaigns.attribution.rules import MAX_TOUCH_AGE
from campaigns.attribution.types import TouchVerdict
from campaigns.planning.types import StageKind

_STAGE = {"key": "registered", "name": "Registered", "kind": "registered"}

_VERIFIED = {"key": "verified", "name": "Documents verified", "kind": "verified"}

_LINK_ID = "0198f3a2-b7c8-7d3e-9a41-c0ffee000006"

_ITEM: dict[str, Any] = {
    "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000009",
    "reference": "JR-7K3M9-QXT4C",
    "name": "Sari Contoh",
    "province": "ID-JB",
    "campaign": {"id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004", "slug": "bintara-2027-jabar"},
    "link": {"id": _LINK_ID, "slug": "k7m2q9x"},
    "source": "instagram",
    "medium": "social",
    "stage": _VERIFIED,
    "registered_at": "2026-11-23T02:12:00Z",
    "stage_entered_at": "2026-12-01T03:00:00Z",
    "repeat_count": 1,
    "duplicate_count": 1,
    "version": 2,
}

_TOUCH = {
    "link_id": _LINK_ID,
    "link_slug": "k7m2q9x",
    "source": "instagram",
    "medium": "social",
    "touched_at": "2026-11-23T02:10:41Z",
    "verdict": "visit",
}

_STEP = {
    "from": _STAGE,
    "to": _VERIFIED,
    "reason": "Documents seen at the counter.",
    "changed_at": "2026-12-01T03:00:00Z",
    "actor_kind": "key",
    "actor_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000010",
    "key_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000010",
}

_FIRST_STEP = {
    "from": None,
    "to": _STAGE,
    "reason": None,
    "changed_at": "2026-11-23T02:12:00Z",
    "actor_kind": "candidate",
    "actor_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000009",
    "key_id": None,
}

_CONSENT = {
    "notice_version": "2026-1",
    "accepted_at": "2026-11-23T02:11:58Z",
    "recorded_at": "2026-11-23T02:12:00Z",
    "clock": "agrees",
}


class SlugRefOut(ResponseModel):
    """A reference to a campaign or a link."""

    model_config = example({"id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004", "slug": "bintara-2027-jabar"})

    id: UUID
    slug: str


class ApplicationStageOut(ResponseModel):
    """A stage of the intake."""

    model_config = example(_STAGE)

    key: str
    name: str
    kind: StageKind


class ApplicationOut(ResponseModel):
    """An application as it appears in lists."""

    model_config = example(_ITEM)

    id: UUID
    reference: str
    name: str | None
    province: str = Field(description="ISO 3166-2 code of the province.")
    campaign: SlugRefOut
    link: SlugRefOut | None = Field(
        description="The credited link: that of the last touch that is a visit. Null if there is none."
    )
    source: str | None
    medium: str | None
    stage: ApplicationStageOut
    registered_at: datetime
    stage_entered_at: datetime
    repeat_count: int = Field(
        description="Number of further registrations of this person, those included that are not kept, see `repeats`."
    )
    duplicate_count: int = Field(
        description="Number of proposed duplicates that you may see and nobody dismissed, see `duplicates`."
    )
    version: int = Field(description="Version of the object. It increases with each change and is also the ETag.")


class ConsentOut(ResponseModel):
    """The version of the accepted notice, the time by the clock of the candidate, and the time on the server."""

    model_config = example(_CONSENT)

    notice_version: str
    accepted_at: datetime = Field(
        description="Time of the consent by the clock of the candidate, however wrong. If it named none: the same as "
        "`recorded_at`."
    )
    recorded_at: datetime = Field(description="Time of the consent on the server. This one counts.")
    clock: ConsentClock = Field(
        description="`agrees`: the two times are at most a day apart. `differs`: they are further apart. `unreadable`: "
        "the request named no time."
    )


class TouchOut(ResponseModel):
    """A click on a campaign link that the candidate brought to the form, and what it proves."""

    model_config = example(_TOUCH)

    link_id: UUID
    link_slug: str
    source: str
    medium: str
    touched_at: datetime
    verdict: TouchVerdict = Field(
        description="`visit`: the candidate tapped the link. `shared`: another candidate brought this click first, so "
        "the address of the landing page was passed on, or a device is shared. `expired`: the click is older than "
        f"{MAX_TOUCH_AGE.days} days. `robot`: the click was a robot's tap. The last `visit` is credited with the "
        "application."
    )


class HistoryStepOut(ResponseModel):
    """A change of stage."""

    model_config = example(_STEP)

    came_from: ApplicationStageOut | None = Field(
        serialization_alias="from", description="The previous stage. Null for the registration."
    )
    to: ApplicationStageOut
    reason: str | None = Field(description="Null for the registration, and after the data of the person was erased.")
    changed_at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None = Field(
        description="ID of the API key, or of the application of the candidate. Null for the system."
    )
    key_id: UUID | None = Field(description="The same as `actor_id` if the actor is an API key, otherwise null.")


_REPEAT = {
    "registered_at": "2026-11-24T10:00:00Z",
    "campaign_slug": "bintara-2027-jabar",
    "name": "Sari Contoh",
    "email": "sari.contoh@example.com",
    "phone": "+6281234567891",
    "birth_date": "2008-02-29",
    "province": "ID-JB",
}


class RepeatOut(ResponseModel):
    """A repeated registration with the same unit for the same intake, e-mail address and birth date, and its data."""

    model_config = example(_REPEAT)

    registered_at: datetime
    campaign_slug: str
    name: str | None = Field(
        description="This field and the following ones are null after the data of the person was erased."
    )
    email: str | None
    phone: str | None
    birth_date: date | None
    province: str | None


_DUPLICATE = {
    "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000011",
    "application_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000012",
    "reference": "JR-2M8WD-5RN0A",
    "name": "Sari Contoh Putri",
    "campaign": {"id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004", "slug": "bintara-2027-jabar"},
    "registered_at": "2026-11-25T08:00:00Z",
    "evidence": ["similar-email", "same-phone"],
    "state": "proposed",
    "proposed_at": "2026-11-25T08:00:00Z",
}


class DuplicateOut(ResponseModel):
    """Another application in the intake that may be the same person's. Families and schools share such data too."""

    model_config = example(_DUPLICATE)

    id: UUID = Field(description="ID of the pair. It is the same for both applications.")
    application_id: UUID = Field(description="ID of the other application.")
    reference: str
    name: str | None = Field(description="Null after the data of the person was erased.")
    campaign: SlugRefOut
    registered_at: datetime
    evidence: list[Evidence] = Field(description="What the two applications have in common.")
    state: DuplicateState
    proposed_at: datetime


class ApplicationDetailOut(ApplicationOut):
    """An application with all its data. Its lists have the oldest entry first."""

    model_config = example(
        {
            **_ITEM,
            "email": "sari.contoh@example.com",
            "phone": "+6281234567890",
            "birth_date": "2008-02-29",
            "consent": _CONSENT,
            "touches": [_TOUCH],
            "history": [_FIRST_STEP, _STEP],
            "repeats": [_REPEAT],
            "duplicates": [_DUPLICATE],
        }
    )

    email: str | None
    phone: str | None = Field(description="In E.164 format.")
    birth_date: date | None
    consent: ConsentOut
    touches: list[TouchOut]
    history: list[HistoryStepOut]
    repeats: list[RepeatOut] = Field(description="The first 10 and the newest 10 of them, oldest first.")
    duplicates: list[DuplicateOut] = Field(
        description="Applications to units that you may not see are never listed here."
    )
