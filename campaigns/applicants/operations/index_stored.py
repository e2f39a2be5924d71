"""Bringing persons of release 0.1 under today's rules: identity, blind indexes, and applications out of repeats.

That release knew a person by the e-mail address alone. So others of a family stand as repeats of the first, and what
was typed for one unit with the application of another. Both become the applications that they would be today.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.applicants.blind_indexes import BlindIndexes, blind_indexes
from campaigns.applicants.encryption import PersonReader, open_reader
from campaigns.applicants.models import Applicant, ApplicantKey, Application, RepeatedApplication
from campaigns.applicants.operations.find_person import find_or_create_person, identify_stored_person
from campaigns.applicants.operations.propose_duplicates import Compared, lock_digests, propose_duplicates
from campaigns.applicants.operations.store_registration import Registration, id_of_application, store_registration
from campaigns.applicants.types import Answers, ConsentGiven
from campaigns.attribution.types import ConversionContext
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.planning.models import Campaign


@dataclass(frozen=True, slots=True, repr=False)
class _StoredRepeat:
    """A repeat with what was typed in it."""

    row: RepeatedApplication
    campaign: Campaign
    answers: Answers
    consent: ConsentGiven


async def index_next_person(session: AsyncSession, *, keys: KeyRing, now: datetime) -> bool:
    """Bring one person of release 0.1 under today's rules, in the caller's transaction; False if none is left."""
    waiting = select(Applicant.id).where(col(Applicant.email_index).is_not(None))
    applicant_id = (await session.exec(waiting.order_by(col(Applicant.email_index)).limit(1))).first()
    if applicant_id is None:
        return False
    reader = await _open_reader(session, keys, applicant_id)
    applications = await session.exec(
        select(Application).where(Application.applicant_id == applicant_id).order_by(col(Application.id))
    )
    stored = [
        (application, answers)
        for application in applications.all()
        if (answers := _read_answers(application, reader)) is not None
    ]
    repeats = await _read_repeats(session, applicant_id, reader)
    typed = [answers for _, answers in stored] + [repeat.answers for repeat in repeats]
    # All at once, before any row is locked: registrations take their locks in the same order.
    await lock_digests(
        session, [digest for answers in typed for digest in blind_indexes(keys, answers).columns().values()]
    )
    still = waiting.where(Applicant.id == applicant_id).with_for_update()
    if (await session.exec(still)).first() is None:
        return True  # a registration, or another server, was faster
    identity = await identify_stored_person(session, keys, applicant_id=applicant_id)
    await session.exec(update(Applicant).where(col(Applicant.id) == applicant_id).values(email_index=None))
    for application, answers in stored:
        await _index_application(session, application, blind_indexes(keys, answers), now)
    of_unit = {application.id: application.unit_id for application, _ in stored}
    for repeat in repeats:
        indexes = blind_indexes(keys, repeat.answers)
        if indexes.identity != identity or of_unit.get(repeat.row.application_id) != repeat.campaign.unit_id:
            await _store_again(session, keys, repeat, indexes, now)
    return True


async def _open_reader(session: AsyncSession, keys: KeyRing, applicant_id: UUID) -> PersonReader:
    statement = select(ApplicantKey.wrapped_key).where(ApplicantKey.applicant_id == applicant_id)
    return open_reader(keys, applicant_id, (await session.exec(statement)).first())


def _read_answers(application: Application, reader: PersonReader) -> Answers | None:
    """What the application holds; None if it cannot be decrypted."""
    values = {
        column: reader.decrypt_answer(application.id, column, getattr(application, f"{column}_sealed"))
        for column in ("name", "email", "phone", "birth_date")
    }
    return _answers({**values, "province": application.province})


def _answers(values: Mapping[str, str | None]) -> Answers | None:
    name, email, phone = values.get("name"), values.get("email"), values.get("phone")
    birth_date, province = values.get("birth_date"), values.get("province")
    if name is None or email is None or phone is None or birth_date is None or province is None:
        return None
    return Answers(name, email, phone, date.fromisoformat(birth_date), province)


async def _read_repeats(session: AsyncSession, applicant_id: UUID, reader: PersonReader) -> list[_StoredRepeat]:
    statement = (
        select(RepeatedApplication, Campaign)
        .join(Application, col(Application.id) == RepeatedApplication.application_id)
        .join(Campaign, col(Campaign.id) == RepeatedApplication.campaign_id)
        .where(Application.applicant_id == applicant_id)
        .order_by(col(RepeatedApplication.registered_at), col(RepeatedApplication.id))
    )
    found = []
    for row, campaign in (await session.exec(statement)).all():
        typed: Mapping[str, Any] = reader.decrypt_repeat(row.id, row.answers_sealed)
        answers = _answers(typed)
        if answers is not None:
            accepted_at = datetime.fromisoformat(typed["consent"]["accepted_at"])
            consent = ConsentGiven(typed["consent"]["notice_version"], accepted_at)
            found.append(_StoredRepeat(row, campaign, answers, consent))
    return found


async def _index_application(
    session: AsyncSession, application: Application, indexes: BlindIndexes, now: datetime
) -> None:
    await session.exec(update(Application).where(col(Application.id) == application.id).values(**indexes.columns()))
    compared = Compared(
        application_id=application.id,
        intake_id=application.intake_id,
        unit_id=application.unit_id,
        values={"applicant_id": application.applicant_id, **indexes.columns()},
    )
    await propose_duplicates(session, compared, now=now)


async def _store_again(
    session: AsyncSession, keys: KeyRing, repeat: _StoredRepeat, indexes: BlindIndexes, now: datetime
) -> None:
    """Store a repeat by today's rules, under its reference, its status token and its time."""
    row, campaign = repeat.row, repeat.campaign
    await session.exec(delete(RepeatedApplication).where(col(RepeatedApplication.id) == row.id))
    applicant_id, vault = await find_or_create_person(session, keys, repeat.answers, now=row.registered_at)
    registration = Registration(
        applicant_id=applicant_id,
        vault=vault,
        answers=repeat.answers,
        indexes=indexes,
        consent=repeat.consent,
        touches=[],  # release 0.1 did not keep those of a repeat
        context=ConversionContext(
            application_id=id_of_application(row.registered_at),
            unit_id=campaign.unit_id,
            intake_id=campaign.intake_id,
            campaign_id=campaign.id,
            link_id=None,
            source=None,
            medium=None,
        ),
        campaign_slug=campaign.slug,
        reference=row.reference,
        status_token_digest=row.status_token_digest,
        registered_at=row.registered_at,
    )
    await store_registration(session, registration, now=now)
