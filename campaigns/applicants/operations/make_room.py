"""Repeats of one application are bounded: who knows an address and a birth date can send any number of them."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.applicants.models import Application, RepeatedApplication
from campaigns.applicants.queries.repeats import stored_repeats

# The first are kept since they may be the person's own corrections, and the newest since they may be now. A receipt of
# one in between shows no status any more.
FIRST_KEPT, NEWEST_KEPT = 10, 10


async def make_room_for_repeat(session: AsyncSession, application_id: UUID, *, now: datetime) -> bool:
    """Delete and count the repeats beyond those that are kept with one more; whether that one is the first of its day.

    Days are those of UTC. The caller holds the locks of `lock_alike`.
    """
    stored = await stored_repeats(session, application_id)
    surplus = [repeat_id for repeat_id, _ in stored[FIRST_KEPT : max(FIRST_KEPT, len(stored) - NEWEST_KEPT + 1)]]
    if surplus:
        await session.exec(delete(RepeatedApplication).where(col(RepeatedApplication.id).in_(surplus)))
        await session.exec(
            update(Application)
            .where(col(Application.id) == application_id)
            .values(dropped_repeats=Application.dropped_repeats + len(surplus))
        )
    return not stored or stored[-1][1].astimezone(UTC).date() < now.astimezone(UTC).date()
