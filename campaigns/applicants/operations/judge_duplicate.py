"""Judging a proposed duplicate: two applications are of two persons, or may be of one after all."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.applicants.models import ProposedDuplicate
from campaigns.applicants.queries.duplicates import lock_duplicate
from campaigns.applicants.queries.recruiter import lock_application
from campaigns.applicants.types import DuplicateState
from campaigns.events.operations import record_change
from campaigns.events.types import EventType


async def judge_duplicate(
    session: AsyncSession,
    principal: Principal,
    *,
    application_id: UUID,
    duplicate_id: UUID,
    state: DuplicateState,
    now: datetime,
) -> None:
    """Dismiss a proposal, or propose it again; raises NotFound unless the caller may see both applications."""
    application = await lock_application(session, principal, application_id=application_id)
    duplicate = await lock_duplicate(session, principal, application_id=application_id, duplicate_id=duplicate_id)
    before = duplicate.state
    if before == state.value:
        return
    duplicate.state = state.value
    record_change(
        session,
        principal,
        EventType.APPLICATION_COMPARED,
        object_id=application.id,
        unit_id=application.unit_id,
        now=now,
        changes={"other": str(_other(duplicate, application_id)), "duplicate": {"from": before, "to": state.value}},
    )


def _other(duplicate: ProposedDuplicate, application_id: UUID) -> UUID:
    if duplicate.first_application_id == application_id:
        return duplicate.second_application_id
    return duplicate.first_application_id
