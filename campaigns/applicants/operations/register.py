"""Registering a candidate: one transaction from the form to an application with its touches, consent and first fact.

The same person in the same intake is not told apart from a new one: a repeated application gets a receipt of the same
shape, and what was typed is kept with the first.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import Actor
from campaigns.applicants.encryption import (
    email_index,
    new_person_key,
    open_person_key,
    phone_index,
    seal_answers,
    seal_repeat,
)
from campaigns.applicants.models import (
    Applicant,
    ApplicantKey,
    Application,
    Consent,
    RepeatedApplication,
    StageChange,
)
from campaigns.applicants.queries.public import read_public_campaign
from campaigns.applicants.rules import (
    identity_of,
    new_reference,
    new_status_token,
    read_answers,
    require_open,
    token_digest,
)
from campaigns.applicants.types import Answers, ConsentGiven, PublicCampaign, Receipt
from campaigns.attribution.operations import record_stage_entry, record_touches, verify_touches
from campaigns.attribution.types import ConversionContext, Credit
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.idempotency import begin_once, finish_once
from campaigns.kit.ids import new_id, uuid7_at
from campaigns.planning.models import Stage
from campaigns.planning.types import StageKind


async def register_candidate(
    session: AsyncSession,
    *,
    keys: KeyRing,
    slug: str,
    idempotency_key: str,
    typed: Mapping[str, str],
    consent: ConsentGiven,
    touches: Sequence[str],
    timezone: ZoneInfo,
    now: datetime,
) -> Receipt:
    """Register a candidate through a campaign; the same request with the same key gets the first receipt again.

    `typed` holds every key of `rules.FORM` as it was typed, `touches` the click tokens in any order; ages are counted
    by the day in `timezone`. Raises NotFound, Conflict (`registration-closed`, `registration-not-open`), Invalid with
    every field at fault, or Invalid (`idempotency-key-reused`).
    """
    campaign = await read_public_campaign(session, slug=slug, now=now)
    caller = f"public:{campaign.campaign_id}"
    request = _canonical(typed, consent, touches)
    answered = await begin_once(session, keys=keys, caller=caller, key=idempotency_key, request=request, now=now)
    if answered is not None:
        return _receipt_from(answered)
    require_open(campaign.registration)
    answers = read_answers(
        typed, consent, notice_version=campaign.notice_version, today=now.astimezone(timezone).date(), now=now
    )
    receipt = Receipt(new_reference(), new_status_token(), now, campaign.slug)
    await _store(session, keys, campaign, answers, consent, touches, receipt)
    await finish_once(session, keys=keys, caller=caller, key=idempotency_key, response=_stored_form(receipt))
    return receipt


async def _store(
    session: AsyncSession,
    keys: KeyRing,
    campaign: PublicCampaign,
    answers: Answers,
    consent: ConsentGiven,
    tokens: Sequence[str],
    receipt: Receipt,
) -> None:
    """Store the registration as an application, or as a repeat of the one the person has in this intake."""
    now = receipt.registered_at
    # The id orders applications by when they were submitted.
    application_id = uuid7_at(round(now.timestamp() * 1000))
    applicant_id, data_key = await _enter_applicant(session, keys, answers, now)
    journey, credit = await verify_touches(session, click_key=keys.click_token, tokens=tokens)
    first_stage_id = await _first_stage_id(session, campaign.intake_id)
    stored = await session.exec(
        insert(Application)
        .values(
            id=application_id,
            applicant_id=applicant_id,
            intake_id=campaign.intake_id,
            campaign_id=campaign.campaign_id,
            unit_id=campaign.unit_id,
            reference=receipt.reference,
            status_token_digest=token_digest(receipt.status_token),
            stage_id=first_stage_id,
            stage_entered_at=now,
            registered_at=now,
            province=answers.province,
            phone_index=phone_index(keys, answers.phone),
            link_id=credit.link_id if credit else None,
            source=credit.source if credit else None,
            medium=credit.medium if credit else None,
            **seal_answers(data_key, application_id, answers),
        )
        # Only this constraint: two registrations of a person at once meet here, and the second becomes a repeat.
        .on_conflict_do_nothing(constraint="uq_applications_intake_id_applicant_id")
        .returning(col(Application.id))
    )
    if stored.first() is None:
        await _keep_repeat(session, campaign, applicant_id, data_key, answers, consent, receipt)
        return
    session.add(
        Consent(
            application_id=application_id,
            notice_version=consent.notice_version,
            accepted_at=consent.accepted_at,
            recorded_at=now,
        )
    )
    session.add(StageChange(application_id=application_id, to_stage_id=first_stage_id, changed_at=now))
    record_touches(session, application_id=application_id, touches=journey)
    counted = _counted(campaign, application_id, credit)
    await record_stage_entry(session, counted, entered=StageKind.REGISTERED, now=now)
    _audit(session, "application.registered", application_id, campaign.unit_id, campaign.slug, now)


async def _keep_repeat(
    session: AsyncSession,
    campaign: PublicCampaign,
    applicant_id: UUID,
    data_key: bytes,
    answers: Answers,
    consent: ConsentGiven,
    receipt: Receipt,
) -> None:
    first = select(Application.id, Application.unit_id).where(
        Application.applicant_id == applicant_id, Application.intake_id == campaign.intake_id
    )
    # Written down for the unit that has the application, which need not be the unit of this campaign.
    application_id, unit_id = (await session.exec(first)).one()
    repeat_id = new_id()
    session.add(
        RepeatedApplication(
            id=repeat_id,
            application_id=application_id,
            campaign_id=campaign.campaign_id,
            reference=receipt.reference,
            status_token_digest=token_digest(receipt.status_token),
            registered_at=receipt.registered_at,
            answers_sealed=seal_repeat(data_key, repeat_id, answers, consent),
        )
    )
    _audit(session, "application.repeated", application_id, unit_id, campaign.slug, receipt.registered_at)


async def _enter_applicant(session: AsyncSession, keys: KeyRing, answers: Answers, now: datetime) -> tuple[UUID, bytes]:
    """The person with this e-mail address, made if new, and the person's data key."""
    index = email_index(keys, identity_of(answers.email))
    made = await session.exec(
        insert(Applicant)
        .values(id=new_id(), email_index=index, created_at=now)
        # Waits for another transaction that is making the same person, then finds that one.
        .on_conflict_do_nothing(constraint="uq_applicants_email_index")
        .returning(col(Applicant.id))
    )
    applicant_id = made.scalar_one_or_none()
    if applicant_id is None:
        applicant_id = (await session.exec(select(Applicant.id).where(Applicant.email_index == index))).one()
    return applicant_id, await _person_key(session, keys, applicant_id)


async def _person_key(session: AsyncSession, keys: KeyRing, applicant_id: UUID) -> bytes:
    """The applicant's data key; a fresh one for a new person, and for one who was erased and comes back."""
    data_key, wrapped = new_person_key(keys, applicant_id)
    made = await session.exec(
        insert(ApplicantKey)
        .values(applicant_id=applicant_id, wrapped_key=wrapped)
        .on_conflict_do_nothing()
        .returning(col(ApplicantKey.applicant_id))
    )
    if made.first() is not None:
        return data_key
    statement = select(ApplicantKey.wrapped_key).where(ApplicantKey.applicant_id == applicant_id)
    return open_person_key(keys, applicant_id, (await session.exec(statement)).one())


async def _first_stage_id(session: AsyncSession, intake_id: UUID) -> UUID:
    statement = select(Stage.id).where(Stage.intake_id == intake_id, Stage.kind == StageKind.REGISTERED.value)
    return (await session.exec(statement)).one()


def _counted(campaign: PublicCampaign, application_id: UUID, credit: Credit | None) -> ConversionContext:
    return ConversionContext(
        application_id=application_id,
        unit_id=campaign.unit_id,
        intake_id=campaign.intake_id,
        campaign_id=campaign.campaign_id,
        link_id=credit.link_id if credit else None,
        source=credit.source if credit else None,
        medium=credit.medium if credit else None,
    )


def _audit(
    session: AsyncSession, action: str, application_id: UUID, unit_id: UUID, campaign: str, now: datetime
) -> None:
    record_audit(
        session,
        Actor("candidate", application_id),
        action,
        object_id=application_id,
        unit_id=unit_id,
        now=now,
        changes={"campaign": campaign},
    )


def _canonical(typed: Mapping[str, str], consent: ConsentGiven, touches: Sequence[str]) -> bytes:
    """What must be equal for two requests to be the same one, however their JSON was laid out."""
    whole = {
        "typed": dict(typed),
        "consent": [consent.notice_version, consent.accepted_at.isoformat()],
        "touches": list(touches),
    }
    return json.dumps(whole, sort_keys=True).encode()


def _stored_form(receipt: Receipt) -> bytes:
    whole = {
        "reference": receipt.reference,
        "status_token": receipt.status_token,
        "registered_at": receipt.registered_at.isoformat(),
        "campaign": receipt.campaign,
    }
    return json.dumps(whole).encode()


def _receipt_from(stored: bytes) -> Receipt:
    whole = json.loads(stored)
    return Receipt(**{**whole, "registered_at": datetime.fromisoformat(whole["registered_at"])})
