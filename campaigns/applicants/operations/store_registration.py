"""Storing a registration that passed every check: as an application, or as a repeat of the person's first one.

A repeat is a further registration with the same unit for the same intake. With another unit it is an application of its
own: what is typed for one unit is shown to no other.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Actor, ActorKind
from campaigns.applicants.blind_indexes import BlindIndexes
from campaigns.applicants.encryption import PersonVault
from campaigns.applicants.models import Application, Consent, RepeatedApplication, StageChange
from campaigns.applicants.operations.make_room import make_room_for_repeat
from campaigns.applicants.operations.propose_duplicates import Compared, propose_duplicates
from campaigns.applicants.rules import clock_of
from campaigns.applicants.types import Answers, ConsentGiven
from campaigns.attribution.operations import record_stage_entry, record_touches
from campaigns.attribution.types import ConversionContext, JudgedTouch
from campaigns.events.operations import record_change
from campaigns.events.types import EventType
from campaigns.kit.ids import new_id, uuid7_at
from campaigns.planning.models import Stage
from campaigns.planning.types import StageKind


@dataclass(frozen=True, slots=True, repr=False)
class Registration:
    """A registration that passed every check, with all that the steps that store it need.

    `vault` encrypts under the applicant's key, `touches` are oldest first, `context` holds the ids that the application
    and its conversions are stored under.
    """

    applicant_id: UUID
    vault: PersonVault
    answers: Answers
    indexes: BlindIndexes
    consent: ConsentGiven
    touches: list[JudgedTouch]
    context: ConversionContext
    campaign_slug: str
    reference: str
    status_token_digest: bytes
    registered_at: datetime

    @property
    def application_id(self) -> UUID:
        return self.context.application_id


def id_of_application(registered_at: datetime) -> UUID:
    """An id that follows the time of registration, by which lists are sorted."""
    return uuid7_at(round(registered_at.timestamp() * 1000))


async def store_registration(session: AsyncSession, registration: Registration, *, now: datetime) -> None:
    """Store an application with what follows from it, or a repeat if the unit has one of this person in this intake.

    The caller holds the locks of `lock_alike`. `now` is the time of the audit entry.
    """
    first_stage_id = await _first_stage_id(session, registration.context.intake_id)
    if not await _insert_application(session, registration, first_stage_id):
        await _record_repeat(session, registration, now)
        return
    _record_consent(session, registration)
    _record_first_stage(session, registration, first_stage_id)
    record_touches(session, application_id=registration.application_id, touches=registration.touches)
    entered_at = registration.registered_at
    await record_stage_entry(session, registration.context, entered=StageKind.REGISTERED, now=entered_at)
    await propose_duplicates(session, _compared(registration), now=now)
    _record_change(session, registration, EventType.APPLICATION_REGISTERED, registration.application_id, now)


async def _first_stage_id(session: AsyncSession, intake_id: UUID) -> UUID:
    statement = select(Stage.id).where(Stage.intake_id == intake_id, Stage.kind == StageKind.REGISTERED.value)
    return (await session.exec(statement)).one()


async def _insert_application(session: AsyncSession, registration: Registration, first_stage_id: UUID) -> bool:
    """Insert the application; False if the unit has one of the person in this intake."""
    context = registration.context
    inserted = await session.exec(
        insert(Application)
        .values(
            id=context.application_id,
            applicant_id=registration.applicant_id,
            intake_id=context.intake_id,
            campaign_id=context.campaign_id,
            unit_id=context.unit_id,
            reference=registration.reference,
            status_token_digest=registration.status_token_digest,
            stage_id=first_stage_id,
            stage_entered_at=registration.registered_at,
            registered_at=registration.registered_at,
            province=registration.answers.province,
            link_id=context.link_id,
            source=context.source,
            medium=context.medium,
            **registration.indexes.columns(),
            **registration.vault.encrypt_answers(context.application_id, registration.answers),
        )
        # Only this constraint: a further registration of the person becomes a repeat.
        .on_conflict_do_nothing(constraint="uq_applications_intake_id_unit_id_applicant_id")
        .returning(col(Application.id))
    )
    return inserted.first() is not None


def _compared(registration: Registration) -> Compared:
    return Compared(
        application_id=registration.application_id,
        intake_id=registration.context.intake_id,
        unit_id=registration.context.unit_id,
        values={"applicant_id": registration.applicant_id, **registration.indexes.columns()},
    )


def _record_consent(session: AsyncSession, registration: Registration) -> None:
    session.add(
        Consent(
            application_id=registration.application_id,
            notice_version=registration.consent.notice_version,
            accepted_at=registration.consent.accepted_at or registration.registered_at,
            recorded_at=registration.registered_at,
            clock=clock_of(registration.consent.accepted_at, recorded_at=registration.registered_at).value,
        )
    )


def _record_first_stage(session: AsyncSession, registration: Registration, stage_id: UUID) -> None:
    session.add(
        StageChange(
            application_id=registration.application_id,
            to_stage_id=stage_id,
            changed_at=registration.registered_at,
            actor_kind=ActorKind.CANDIDATE.value,
            actor_id=registration.application_id,
        )
    )


async def _record_repeat(session: AsyncSession, registration: Registration, now: datetime) -> None:
    """Store what was typed with the person's first application with the unit in the intake.

    One entry a day stands in the audit trail, since anybody who knows the person can send as many as they like.
    """
    first = select(Application.id).where(
        Application.applicant_id == registration.applicant_id,
        Application.intake_id == registration.context.intake_id,
        Application.unit_id == registration.context.unit_id,
    )
    application_id = (await session.exec(first)).one()
    is_first_of_day = await make_room_for_repeat(session, application_id, now=registration.registered_at)
    repeat_id = new_id()
    session.add(
        RepeatedApplication(
            id=repeat_id,
            application_id=application_id,
            campaign_id=registration.context.campaign_id,
            reference=registration.reference,
            status_token_digest=registration.status_token_digest,
            registered_at=registration.registered_at,
            answers_sealed=registration.vault.encrypt_repeat(repeat_id, registration.answers, registration.consent),
        )
    )
    if is_first_of_day:
        _record_change(session, registration, EventType.APPLICATION_REPEATED, application_id, now)


def _record_change(
    session: AsyncSession, registration: Registration, event_type: EventType, application_id: UUID, now: datetime
) -> None:
    record_change(
        session,
        Actor(ActorKind.CANDIDATE, application_id),
        event_type,
        object_id=application_id,
        unit_id=registration.context.unit_id,
        now=now,
        changes={"campaign": registration.campaign_slug},
    )
