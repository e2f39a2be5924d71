"""Proposed duplicates as a caller may see them: only those of two applications that are both in the caller's units.

An application of another unit leaves no trace here, not even in a count.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    or_,
    select,
    union_all,
)
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.applicants.encryption import open_reader
from campaigns.applicants.models import ApplicantKey, Application, ProposedDuplicate
from campaigns.applicants.types import DuplicateState, DuplicateView, Evidence, SlugRef
from campaigns.kit.database.rows import fetch_existing, fetch_rows
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.planning.models import Campaign
from campaigns.planning.queries import subtree

_FIRST: Any = col(ProposedDuplicate.first_application_id)
_SECOND: Any = col(ProposedDuplicate.second_application_id)
_PROPOSED = col(ProposedDuplicate.state) == DuplicateState.PROPOSED.value


def duplicate_count(principal: Principal) -> ScalarSelect[int]:
    """How many duplicates are proposed for an application of the enclosing select."""
    return (
        select(func.count())
        .select_from(ProposedDuplicate)
        .where(_PROPOSED, _with_other_in_sight(principal, col(Application.id)))
        .correlate(Application)
        .scalar_subquery()
    )


def has_duplicates(principal: Principal) -> ColumnElement[bool]:
    """Whether a duplicate is proposed for an application of the enclosing select."""
    units = subtree(principal)
    return col(Application.id).in_(
        union_all(
            select(_FIRST).where(_PROPOSED, col(ProposedDuplicate.second_unit_id).in_(units)),
            select(_SECOND).where(_PROPOSED, col(ProposedDuplicate.first_unit_id).in_(units)),
        )
    )


async def read_duplicates(
    session: AsyncSession, principal: Principal, *, keys: KeyRing, application_id: UUID
) -> list[DuplicateView]:
    """What is proposed and was dismissed for an application of the caller's units, oldest first."""
    condition = _with_other_in_sight(principal, application_id)
    rows = await fetch_rows(session, _select_others(application_id, condition))
    return [_view(row, keys) for row in rows]


async def read_duplicate(
    session: AsyncSession, *, keys: KeyRing, application_id: UUID, duplicate_id: UUID
) -> DuplicateView:
    """One of them, which the caller of this function has found to be in sight."""
    rows = await fetch_rows(session, _select_others(application_id, col(ProposedDuplicate.id) == duplicate_id))
    return _view(rows[0], keys)


async def lock_duplicate(
    session: AsyncSession, principal: Principal, *, application_id: UUID, duplicate_id: UUID
) -> ProposedDuplicate:
    """One proposal of two applications in the caller's units, locked until the transaction ends; raises NotFound."""
    statement = select(ProposedDuplicate).where(
        col(ProposedDuplicate.id) == duplicate_id,
        or_(application_id == _FIRST, application_id == _SECOND),
        col(ProposedDuplicate.first_unit_id).in_(subtree(principal)),
        col(ProposedDuplicate.second_unit_id).in_(subtree(principal)),
    )
    return await fetch_existing(session, statement.with_for_update(), "proposed duplicate")


def _with_other_in_sight(principal: Principal, application_id: Any) -> ColumnElement[bool]:
    units = subtree(principal)
    return or_(
        and_(application_id == _FIRST, col(ProposedDuplicate.second_unit_id).in_(units)),
        and_(application_id == _SECOND, col(ProposedDuplicate.first_unit_id).in_(units)),
    )


def _select_others(application_id: UUID, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    other = case((application_id == _FIRST, _SECOND), else_=_FIRST)
    return (
        select(
            ProposedDuplicate,
            Application,
            col(Campaign.slug).label("campaign_slug"),
            col(ApplicantKey.wrapped_key).label("wrapped_key"),
        )
        .join(Application, col(Application.id) == other)
        .join(Campaign, col(Campaign.id) == Application.campaign_id)
        .outerjoin(ApplicantKey, col(ApplicantKey.applicant_id) == Application.applicant_id)
        .where(condition)
        .order_by(col(ProposedDuplicate.id))
    )


def _view(row: Any, keys: KeyRing) -> DuplicateView:
    proposal: ProposedDuplicate = row.ProposedDuplicate
    application: Application = row.Application
    reader = open_reader(keys, application.applicant_id, row.wrapped_key)
    evidence: Sequence[str] = proposal.evidence
    return DuplicateView(
        id=proposal.id,
        application_id=application.id,
        reference=application.reference,
        name=reader.decrypt_answer(application.id, "name", application.name_sealed),
        campaign=SlugRef(application.campaign_id, row.campaign_slug),
        registered_at=application.registered_at,
        evidence=[Evidence(code) for code in evidence],
        state=DuplicateState(proposal.state),
        proposed_at=proposal.proposed_at,
    )
