"""The day's salt, shared by all server processes through one table and deleted when its day is over."""

import asyncio
import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import structlog

from campaigns.clicks.visitors import SALT_BYTES, DaySalt, end_of_day_ms, local_day
from campaigns.kit.database.connections import Connections

CHECK_SECONDS = 60.0
RETRY_SECONDS = 1.0
FIRST_SECONDS = 3.0
FETCHED_AHEAD = timedelta(minutes=10)

log = structlog.get_logger("jaring.salts")


class SaltKeeper:
    """Holds the current day's salt for one server process; `current` never waits for PostgreSQL."""

    def __init__(self, connections: Connections, zone: ZoneInfo) -> None:
        self._connections = connections
        self._zone = zone
        self._salts: dict[date, DaySalt] = {}
        self.today = self._made_up(local_day(datetime.now(UTC), zone))

    def current(self, now_ms: int) -> bytes:
        """The salt for a tap at this Unix millisecond."""
        if now_ms >= self.today.ends_at_ms:
            day = local_day(datetime.fromtimestamp(now_ms / 1000, UTC), self._zone)
            self.today = self._salts.get(day) or self._made_up(day)
        return self.today.salt

    async def begin(self, now: datetime) -> bool:
        """Get the first salt, and say whether PostgreSQL gave it; else one of this process' own serves meanwhile."""
        try:
            async with asyncio.timeout(FIRST_SECONDS):
                await self.refresh(now)
        except (psycopg.Error, OSError, TimeoutError) as error:
            log.warning("salt_made_up", error=type(error).__name__)
            return False
        return True

    async def refresh(self, now: datetime) -> None:
        """Fetch (or make) today's salt and, shortly before midnight, tomorrow's; destroy those of past days."""
        today = local_day(now, self._zone)
        soon = local_day(now + FETCHED_AHEAD, self._zone)
        async with self._connections() as connection:
            for day in {today, soon}:
                await connection.execute(
                    "INSERT INTO visitor_salts (day, salt) VALUES (%s, %s) ON CONFLICT (day) DO NOTHING",
                    (day, os.urandom(SALT_BYTES)),
                )
            cursor = await connection.execute(
                "SELECT day, salt FROM visitor_salts WHERE day IN (%s, %s)", (today, soon)
            )
            rows = await cursor.fetchall()
            await connection.execute("DELETE FROM visitor_salts WHERE day < %s", (today,))
        self._salts = {day: DaySalt(day, bytes(salt), end_of_day_ms(day, self._zone)) for day, salt in rows}
        # Missing only if a server whose clock is past midnight has just destroyed it: the present one serves on.
        self.today = self._salts.get(today, self.today)

    async def keep(self) -> None:
        """Refresh for ever; run as a task and cancelled to stop."""
        while True:
            await asyncio.sleep(CHECK_SECONDS if self._salts else RETRY_SECONDS)
            try:
                async with asyncio.timeout(CHECK_SECONDS):
                    await self.refresh(datetime.now(UTC))
            except (psycopg.Error, OSError, TimeoutError) as error:
                log.warning("salt_not_refreshed", error=type(error).__name__)

    def _made_up(self, day: date) -> DaySalt:
        # Without PostgreSQL at midnight each process counts the day's visitors for itself: some are counted twice, none
        # is lost or followed.
        return DaySalt(day, os.urandom(SALT_BYTES), end_of_day_ms(day, self._zone))
