"""Follows destinations when their checks are due: the periodic work of each server process."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import structlog

from campaigns.kit.database.engine import SessionFactory
from campaigns.links.destination_checks.operations import claim_due, record_finding
from campaigns.links.destination_checks.types import DueCheck, Finding

MAX_FOLLOWED_AT_ONCE = 4
# With ten seconds a check these are worked off in half a minute, well within operations.CLAIMED_FOR; and a link that is
# made meanwhile waits for no more than these.
MAX_CLAIMED = 8
DATABASE_SECONDS = 15.0

Check = Callable[[DueCheck], Awaitable[Finding]]
log = structlog.get_logger("jaring.checking")


class CheckWorker:
    """Claims due checks and follows up to MAX_FOLLOWED_AT_ONCE of them at a time, so a slow page delays no other.

    `ready` is set when a check has ended, so that `start_due` is called again. A check that raised, or whose finding
    could not be recorded, is claimed again later.
    """

    def __init__(self, sessions: SessionFactory, check: Check, *, database_seconds: float = DATABASE_SECONDS) -> None:
        self.ready = asyncio.Event()
        self._sessions = sessions
        self._check = check
        self._database_seconds = database_seconds
        self._claimed: deque[DueCheck] = deque()
        self._following: set[asyncio.Task[None]] = set()

    async def start_due(self, now: datetime) -> None:
        """Begin to follow what is due, as far as there is room for it, and return without waiting for the pages.

        Raises SQLAlchemyError or OSError while PostgreSQL does not answer; then nothing new is followed.
        """
        while len(self._following) < MAX_FOLLOWED_AT_ONCE:
            if not self._claimed:
                self._claimed.extend(await self._claim(now))
            if not self._claimed:
                return
            task = asyncio.create_task(self._follow_and_record(self._claimed.popleft()), name="destination check")
            self._following.add(task)
            task.add_done_callback(self._ended)

    async def close(self) -> None:
        """Cancel the checks that are under way; their time comes again."""
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._following.discard(task)
        self.ready.set()

    async def _claim(self, now: datetime) -> list[DueCheck]:
        async with asyncio.timeout(self._database_seconds), self._sessions() as session, session.begin():
            return await claim_due(session, now=now, limit=MAX_CLAIMED)

    async def _follow_and_record(self, due: DueCheck) -> None:
        try:
            finding = await self._check(due)
            async with asyncio.timeout(self._database_seconds), self._sessions() as session, session.begin():
                await record_finding(session, due, finding, now=datetime.now(UTC))
        except Exception as error:
            # Whatever it is, the other checks go on. The link is named, never its address.
            log.warning("check_not_recorded", link_id=str(due.link_id), place=due.place, error=type(error).__name__)
