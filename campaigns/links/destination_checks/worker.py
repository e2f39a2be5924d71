"""The task of each server process that follows destinations when their time has come."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from campaigns.kit.database.engine import SessionFactory
from campaigns.links.destination_checks.operations import claim_due, record_finding
from campaigns.links.destination_checks.types import DueCheck, Finding

WAKE_SECONDS = 5.0
FOLLOWED_AT_ONCE = 4
# With ten seconds a check these are worked off in half a minute, well within recording.CLAIMED_FOR; and a link that is
# made meanwhile waits for no more than these.
CLAIMED_AT_ONCE = 8
DATABASE_SECONDS = 15.0

Check = Callable[[DueCheck], Awaitable[Finding]]
log = structlog.get_logger("jaring.checking")


async def keep_checking(sessions: SessionFactory, check: Check, *, wake_seconds: float = WAKE_SECONDS) -> None:
    """Follow what is due for ever; run as a task and cancelled to stop.

    A slow page holds up none but itself: `FOLLOWED_AT_ONCE` checks are under way as long as any are due. While
    PostgreSQL is away nothing is followed. What could not be recorded, or made `check` raise, is claimed again later.
    """
    claimed: deque[DueCheck] = deque()
    turn = asyncio.Lock()

    async def follow_one_after_another() -> None:
        while True:
            async with turn:
                while not claimed:
                    claimed.extend(await _claim(sessions))
                    if not claimed:
                        await asyncio.sleep(wake_seconds)
                due = claimed.popleft()
            await _follow_and_record(sessions, check, due)

    async with asyncio.TaskGroup() as group:
        for _ in range(FOLLOWED_AT_ONCE):
            group.create_task(follow_one_after_another())


async def _claim(sessions: SessionFactory) -> list[DueCheck]:
    try:
        async with asyncio.timeout(DATABASE_SECONDS), sessions() as session, session.begin():
            return await claim_due(session, now=datetime.now(UTC), limit=CLAIMED_AT_ONCE)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("checks_not_claimed", error=type(error).__name__)
        return []


async def _follow_and_record(sessions: SessionFactory, check: Check, due: DueCheck) -> None:
    try:
        finding = await check(due)
        async with asyncio.timeout(DATABASE_SECONDS), sessions() as session, session.begin():
            await record_finding(session, due, finding, now=datetime.now(UTC))
    except Exception as error:
        # Whatever it is, it must not end the others' checks; the link is named, never its address.
        log.warning("check_not_recorded", link_id=str(due.link_id), place=due.place, error=type(error).__name__)
