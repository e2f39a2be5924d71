"""Finding the person of a registration, or making one: same e-mail address and same birth date.

The caller holds the locks of the registration's blind indexes (`propose_duplicates.lock_alike`), so that two
registrations of one person come one after the other.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.applicants.blind_indexes import first_release_index, identity_index
from campaigns.applicants.encryption import PersonVault, new_vault, open_reader, open_vault
from campaigns.applicants.models import Applicant, ApplicantKey, Application
from campaigns.applicants.types import Answers
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.ids import new_id


async def find_or_create_person(
    session: AsyncSession, keys: KeyRing, answers: Answers, *, now: datetime
) -> tuple[UUID, PersonVault]:
    """The id and the vault of the person who gave these answers."""
    identity = identity_index(keys, answers.email, answers.birth_date)
    stored = await session.exec(
        select(Applicant.id, Applicant.identity_index).where(
            or_(
                col(Applicant.identity_index) == identity,
                col(Applicant.email_index) == first_release_index(keys, answers.email),
            )
        )
    )
    found = {index: applicant_id for applicant_id, index in stored.all()}
    if identity not in found and None in found:
        # Of release 0.1, when the address alone was the person: it may be somebody else's of the family.
        index = await identify_stored_person(session, keys, applicant_id=found[None])
        found = {index: found[None]}
    applicant_id = found.get(identity)
    if applicant_id is None:
        applicant_id = new_id()
        await session.exec(insert(Applicant).values(id=applicant_id, identity_index=identity, created_at=now))
    return applicant_id, await _find_or_create_vault(session, keys, applicant_id)


async def identify_stored_person(session: AsyncSession, keys: KeyRing, *, applicant_id: UUID) -> bytes | None:
    """Give a person of release 0.1 an identity by the answers of the first application, and return it.

    All else that the rules of today ask for is left to `index_stored`, which such a person still waits for.

    None if nothing can be read, since the person was erased, or if the identity is another row's already.
    """
    row = await session.exec(
        select(Application, ApplicantKey.wrapped_key)
        .join(ApplicantKey, col(ApplicantKey.applicant_id) == Application.applicant_id)
        .where(Application.applicant_id == applicant_id)
        .order_by(col(Application.id))
        .limit(1)
    )
    identity = None
    for application, wrapped_key in row.all():
        reader = open_reader(keys, applicant_id, wrapped_key)
        email = reader.decrypt_answer(application.id, "email", application.email_sealed)
        birth_date = reader.decrypt_answer(application.id, "birth_date", application.birth_date_sealed)
        if email is not None and birth_date is not None:
            identity = identity_index(keys, email, date.fromisoformat(birth_date))
    taken = select(Applicant.id).where(Applicant.identity_index == identity, Applicant.id != applicant_id)
    if identity is not None and (await session.exec(taken)).first() is not None:
        identity = None
    await session.exec(update(Applicant).where(col(Applicant.id) == applicant_id).values(identity_index=identity))
    return identity


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
