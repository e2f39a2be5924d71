"""Registering a candidate: one transaction from the form to an application with touches, consent and a conversion.

A person who registers again for an intake gets a receipt of the same shape, so that nobody learns who is registered;
what was typed is stored as a repeat of the first application.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Actor, ActorKind
from campaigns.applicants.answers.email_address import comparable_email
from campaigns.applicants.encryption import PersonVault, email_index, new_vault, open_vault, phone_index
from campaigns.applicants.models import (
    Applicant,
    ApplicantKey,
    Application,
    Consent,
    RepeatedApplication,
    StageChange,
)
from campaigns.applicants.queries.public import read_public_campaign
from campaigns.applicants.receipts import decode_receipt, encode_receipt, encode_request, new_receipt, token_digest
from campaigns.applicants.rules import clock_of, read_answers, require_open
from campaigns.applicants.types import Answers, ConsentGiven, PublicCampaign, Receipt, RegistrationForm
from campaigns.attribution.operations import record_stage_entry, record_touches, verify_touches
from campaigns.attribution.types import ConversionContext, Credit, VerifiedTouch
from campaigns.events.operations import record_change
from campaigns.events.types import EventType
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.idempotency import begin_once, finish_once
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
    campaign: PublicCampaign
    answers: Answers
    phone_index: bytes
    consent: ConsentGiven
    touches: list[VerifiedTouch]
    context: ConversionContext
    receipt: Receipt

    @property
    def application_id(self) -> UUID:
        return self.context.application_id

    @property
    def now(self) -> datetime:
        return self.receipt.registered_at


async def register_candidate(
    session: AsyncSession,
    *,
    keys: KeyRing,
    slug: str,
    idempotency_key: str,
    form: RegistrationForm,
    timezone: ZoneInfo,
    now: datetime,
) -> Receipt:
    """Register a candidate through a campaign; the same request with the same key gets the first receipt again.

    Ages are counted by the day in `timezone`. Raises NotFound, Conflict (`registration-closed`,
    `registration-not-open`), Invalid with every field at fault, or Invalid (`idempotency-key-reused`).
    """
    campaign = await read_public_campaign(session, slug=slug, now=now)
    caller = _caller(keys, campaign.campaign_id, form)
    request = encode_request(form)
    response = await begin_once(session, keys=keys, caller=caller, key=idempotency_key, request=request, now=now)
    if response is not None:
        return decode_receipt(response)
    require_open(campaign.registration)
    today = now.astimezone(timezone).date()
    answers = read_answers(form, notice_version=campaign.notice_version, today=today)
    registration = await _prepare(session, keys, campaign, form, answers, now)
    await _store(session, registration)
    response = encode_receipt(registration.receipt)
    await finish_once(session, keys=keys, caller=caller, key=idempotency_key, response=response)
    return registration.receipt


def _caller(keys: KeyRing, campaign_id: UUID, form: RegistrationForm) -> str:
    """Under which name the `Idempotency-Key`s of this candidate are kept.

    Candidates have no account: whoever types the same e-mail address is the same caller, so that nobody can use up the
    keys of others.
    """
    typed = str(form.typed.get("email", "")).strip().casefold().encode("utf-8", "replace")
    return f"public:{campaign_id}:{hmac.digest(keys.index, typed, 'sha256').hex()[:32]}"


async def _prepare(
    session: AsyncSession,
    keys: KeyRing,
    campaign: PublicCampaign,
    form: RegistrationForm,
    answers: Answers,
    now: datetime,
) -> Registration:
    """Find or create the person, verify the touches, and draw the receipt."""
    applicant_id = await _find_or_create_applicant(session, keys, answers.email, now)
    vault = await _find_or_create_vault(session, keys, applicant_id)
    touches, credit = await verify_touches(session, click_key=keys.click_token, tokens=form.touches)
    return Registration(
        applicant_id=applicant_id,
        vault=vault,
        campaign=campaign,
        answers=answers,
        phone_index=phone_index(keys, answers.phone),
        consent=form.consent,
        touches=touches,
        context=_conversion_context(campaign, credit, now),
        receipt=new_receipt(campaign.slug, now),
    )


def _conversion_context(campaign: PublicCampaign, credit: Credit | None, now: datetime) -> ConversionContext:
    return ConversionContext(
        # Lists are sorted by the ids of applications, which follow the time of registration.
        application_id=uuid7_at(round(now.timestamp() * 1000)),
        unit_id=campaign.unit_id,
        intake_id=campaign.intake_id,
        campaign_id=campaign.campaign_id,
        link_id=credit.link_id if credit else None,
        source=credit.source if credit else None,
        medium=credit.medium if credit else None,
    )


async def _store(session: AsyncSession, registration: Registration) -> None:
    """Store an application, or a repeat if the person has one in this intake."""
    first_stage_id = await _first_stage_id(session, registration.campaign.intake_id)
    if not await _insert_application(session, registration, first_stage_id):
        await _record_repeat(session, registration)
        return
    _record_consent(session, registration)
    _record_first_stage(session, registration, first_stage_id)
    record_touches(session, application_id=registration.application_id, touches=registration.touches)
    await record_stage_entry(session, registration.context, entered=StageKind.REGISTERED, now=registration.now)
    application_id, unit_id = registration.application_id, registration.context.unit_id
    _record_change(session, registration, EventType.APPLICATION_REGISTERED, application_id, unit_id)


async def _find_or_create_applicant(session: AsyncSession, keys: KeyRing, email: str, now: datetime) -> UUID:
    """The id of the person with this e-mail address."""
    index = email_index(keys, comparable_email(email))
    inserted = await session.exec(
        insert(Applicant)
        .values(id=new_id(), email_index=index, created_at=now)
        # Waits for another transaction that inserts the same person, then finds that one.
        .on_conflict_do_nothing(constraint="uq_applicants_email_index")
        .returning(col(Applicant.id))
    )
    applicant_id = inserted.scalar_one_or_none()
    if applicant_id is None:
        applicant_id = (await session.exec(select(Applicant.id).where(Applicant.email_index == index))).one()
    return applicant_id


async def _find_or_create_vault(session: AsyncSession, keys: KeyRing, applicant_id: UUID) -> PersonVault:
    """The applicant's vault; a new one for a new person, and for one who was erased and registers again."""
    vault = new_vault(keys, applicant_id)
    inserted = await session.exec(
        insert(ApplicantKey)
        .values(applicant_id=applicant_id, wrapped_key=vault.wrapped_key)
        .on_conflict_do_nothing()
        .returning(col(ApplicantKey.applicant_id))
    )
    if inserted.first() is not None:
        return vault
    statement = select(ApplicantKey.wrapped_key).where(ApplicantKey.applicant_id == applicant_id)
    return open_vault(keys, applicant_id, (await session.exec(statement)).one())


async def _first_stage_id(session: AsyncSession, intake_id: UUID) -> UUID:
    statement = select(Stage.id).where(Stage.intake_id == intake_id, Stage.kind == StageKind.REGISTERED.value)
    return (await session.exec(statement)).one()


async def _insert_application(session: AsyncSession, registration: Registration, first_stage_id: UUID) -> bool:
    """Insert the application; False if the person has one in this intake."""
    context = registration.context
    inserted = await session.exec(
        insert(Application)
        .values(
            id=context.application_id,
            applicant_id=registration.applicant_id,
            intake_id=context.intake_id,
            campaign_id=context.campaign_id,
            unit_id=context.unit_id,
            reference=registration.receipt.reference,
            status_token_digest=token_digest(registration.receipt.status_token),
            stage_id=first_stage_id,
            stage_entered_at=registration.now,
            registered_at=registration.now,
            province=registration.answers.province,
            phone_index=registration.phone_index,
            link_id=context.link_id,
            source=context.source,
            medium=context.medium,
            **registration.vault.encrypt_answers(context.application_id, registration.answers),
        )
        # Only this constraint: of two simultaneous registrations of a person, the second becomes a repeat.
        .on_conflict_do_nothing(constraint="uq_applications_intake_id_applicant_id")
        .returning(col(Application.id))
    )
    return inserted.first() is not None


def _record_consent(session: AsyncSession, registration: Registration) -> None:
    session.add(
        Consent(
            application_id=registration.application_id,
            notice_version=registration.consent.notice_version,
            accepted_at=registration.consent.accepted_at or registration.now,
            recorded_at=registration.now,
            clock=clock_of(registration.consent.accepted_at, recorded_at=registration.now).value,
        )
    )


def _record_first_stage(session: AsyncSession, registration: Registration, stage_id: UUID) -> None:
    session.add(
        StageChange(
            application_id=registration.application_id,
            to_stage_id=stage_id,
            changed_at=registration.now,
            actor_kind=ActorKind.CANDIDATE.value,
            actor_id=registration.application_id,
        )
    )


async def _record_repeat(session: AsyncSession, registration: Registration) -> None:
    """Store what was typed with the person's first application in the intake."""
    first = select(Application.id, Application.unit_id).where(
        Application.applicant_id == registration.applicant_id,
        Application.intake_id == registration.campaign.intake_id,
    )
    # Audited for the unit that has the application, which need not be the unit of this campaign.
    application_id, unit_id = (await session.exec(first)).one()
    repeat_id = new_id()
    session.add(
        RepeatedApplication(
            id=repeat_id,
            application_id=application_id,
            campaign_id=registration.campaign.campaign_id,
            reference=registration.receipt.reference,
            status_token_digest=token_digest(registration.receipt.status_token),
            registered_at=registration.now,
            answers_sealed=registration.vault.encrypt_repeat(repeat_id, registration.answers, registration.consent),
        )
    )
    _record_change(session, registration, EventType.APPLICATION_REPEATED, application_id, unit_id)


def _record_change(
    session: AsyncSession, registration: Registration, event_type: EventType, application_id: UUID, unit_id: UUID
) -> None:
    record_change(
        session,
        Actor(ActorKind.CANDIDATE, application_id),
        event_type,
        object_id=application_id,
        unit_id=unit_id,
        now=registration.now,
        changes={"campaign": registration.campaign.slug},
    )
