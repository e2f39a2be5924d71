"""The task of each server process that follows destinations when their time has come."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError

from campaigns.kit.database import SessionFactory
from campaigns.links.checking.recording import claim_due, record_finding
from campaigns.links.checking.types import DueCheck, Finding

WAKE_SECONDS = 5.0
CLAIMED_AT_ONCE = 20
FOLLOWED_AT_ONCE = 4
# With these and ten seconds a check, a claim is worked off in a minute or two, well within recording.CLAIMED_FOR.
DATABASE_SECONDS = 15.0

Check = Callable[[DueCheck], Awaitable[Finding]]
log = structlog.get_logger("jaring.checking")


async def keep_checking(sessions: SessionFactory, check: Check, *, wake_seconds: float = WAKE_SECONDS) -> None:
    """Follow what is due for ever; run as a task and cancelled to stop.

    While PostgreSQL is away nothing is followed. What could not be recorded, or made `check` raise, is claimed again
    later.
    """
    gate = asyncio.Semaphore(FOLLOWED_AT_ONCE)
    while True:
        claimed = await _claim(sessions)
        async with asyncio.TaskGroup() as group:
            for due in claimed:
                group.create_task(_follow_and_record(sessions, check, due, gate))
        if len(claimed) < CLAIMED_AT_ONCE:
            await asyncio.sleep(wake_seconds)


async def _claim(sessions: SessionFactory) -> list[DueCheck]:
    try:
        async with asyncio.timeout(DATABASE_SECONDS), sessions() as session, session.begin():
            return await claim_due(session, now=datetime.now(UTC), limit=CLAIMED_AT_ONCE)
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        log.warning("checks_not_claimed", error=type(error).__name__)
        return []


async def _follow_and_record(sessions: SessionFactory, check: Check, due: DueCheck, gate: asyncio.Semaphore) -> None:
    async with gate:
        try:
            finding = await check(due)
            async with asyncio.timeout(DATABASE_SECONDS), sessions() as session, session.begin():
                await record_finding(session, due, finding, now=datetime.now(UTC))
        except Exception as error:
            # Whatever it is, it must not end the others' checks; the link is named, never its address.
            log.warning("check_not_recorded", link_id=str(due.link_id), place=due.place, error=type(error).__name__)
