"""Proposing that two applications in one intake are one person's, for a person to judge.

Families and schools share addresses and telephones, so nothing is decided here: each application stands for itself.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.applicants.blind_indexes import BlindIndexes
from campaigns.applicants.models import Application, ProposedDuplicate
from campaigns.applicants.types import Evidence
from campaigns.kit.database.locks import AdvisoryLock, lock_digests_until_commit
from campaigns.kit.database.rows import fetch_values
from campaigns.kit.ids import new_id

# The newest applications that are proposed for each thing in common. A school of a thousand with one telephone would
# make half a million pairs, and nobody judges a hundred; each is joined with those next to it.
MOST_FOR_EACH = 10

# What an equal column says. Of what is said about the address, the first that holds.
_ABOUT_ADDRESS = {
    "applicant_id": Evidence.SAME_EMAIL_AND_BIRTH_DATE,
    "email_index": Evidence.SAME_EMAIL,
    "email_skeleton_index": Evidence.SIMILAR_EMAIL,
}
_ABOUT_PERSON = {
    "phone_index": Evidence.SAME_PHONE,
    "name_birth_date_index": Evidence.SAME_NAME_AND_BIRTH_DATE,
}
# The columns of an application by which those that resemble it are found; each has an index with the intake.
COMPARED = (*_ABOUT_ADDRESS, *_ABOUT_PERSON)


@dataclass(frozen=True, slots=True, repr=False)
class Compared:
    """An application to be compared with the others of its intake; `values` holds each column of COMPARED."""

    application_id: UUID
    intake_id: UUID
    unit_id: UUID
    values: Mapping[str, UUID | bytes]


async def lock_alike(session: AsyncSession, indexes: BlindIndexes) -> None:
    """Let registrations with anything in common come one after the other, until the transaction ends.

    Otherwise two at once would not see each other: neither would propose the other, or both make the same person.
    """
    await lock_digests(session, indexes.columns().values())


async def lock_digests(session: AsyncSession, digests: Iterable[bytes]) -> None:
    """The same for the digests of several; all that a transaction locks must be locked in one call."""
    await lock_digests_until_commit(session, AdvisoryLock.LIKENESS, digests)


async def propose_duplicates(session: AsyncSession, own: Compared, *, now: datetime) -> None:
    """Store a proposal, once for a pair, for applications in the intake that have something in common with this one."""
    rows = [
        _proposal(own, other, evidence, now)
        for other in await fetch_values(session, _alike(own))
        if (evidence := _evidence(own, other))
    ]
    if rows:
        await session.exec(insert(ProposedDuplicate).values(rows).on_conflict_do_nothing())


def _alike(own: Compared) -> Select[Application]:
    nearest = (
        select(Application.id)
        .where(
            Application.intake_id == own.intake_id,
            getattr(Application, column) == own.values[column],
            Application.id != own.application_id,
        )
        .order_by(col(Application.id).desc())
        .limit(MOST_FOR_EACH)
        for column in COMPARED
    )
    return select(Application).where(col(Application.id).in_(union_all(*nearest)))


def _evidence(own: Compared, other: Application) -> list[Evidence]:
    equal = {column for column in COMPARED if getattr(other, column) == own.values[column]}
    about_address = [code for column, code in _ABOUT_ADDRESS.items() if column in equal]
    return about_address[:1] + [code for column, code in _ABOUT_PERSON.items() if column in equal]


def _proposal(own: Compared, other: Application, evidence: list[Evidence], now: datetime) -> dict[str, object]:
    first, second = sorted([(own.application_id, own.unit_id), (other.id, other.unit_id)])
    return {
        "id": new_id(),
        "first_application_id": first[0],
        "second_application_id": second[0],
        "first_unit_id": first[1],
        "second_unit_id": second[1],
        "evidence": [code.value for code in evidence],
        "proposed_at": now,
    }
