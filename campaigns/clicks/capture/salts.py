"""The day's salt for visitor hashes: all server processes share it through one table; deleted when the day is over."""

import asyncio
import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import structlog

from campaigns.clicks.visitors import SALT_BYTES, DaySalt, end_of_day_ms, local_day
from campaigns.kit.database.connections import Connections

REFRESH_SECONDS = 60.0
FIRST_SECONDS = 3.0
FETCHED_AHEAD = timedelta(minutes=10)

log = structlog.get_logger("jaring.salts")


class SaltKeeper:
    """Caches the current day's salt for one server process; `current` never waits for PostgreSQL.

    `refresh` is called every minute, so that tomorrow's salt is known before midnight.
    """

    def __init__(self, connections: Connections, zone: ZoneInfo) -> None:
        self._connections = connections
        self._zone = zone
        self._salts: dict[date, DaySalt] = {}
        self.today = self._made_up(local_day(datetime.now(UTC), zone))

    def current(self, now_ms: int) -> bytes:
        """The salt for a tap at this time (Unix milliseconds)."""
        if now_ms >= self.today.ends_at_ms:
            day = local_day(datetime.fromtimestamp(now_ms / 1000, UTC), self._zone)
            self.today = self._salts.get(day) or self._made_up(day)
        return self.today.salt

    async def fetch_first(self, now: datetime, *, within_seconds: float = FIRST_SECONDS) -> bool:
        """Refresh within this time; returns whether PostgreSQL answered. If not, a random salt is used meanwhile."""
        try:
            async with asyncio.timeout(within_seconds):
                await self.refresh(now)
        except (psycopg.Error, OSError) as error:
            log.warning("salt_made_up", error=type(error).__name__)
            return False
        return True

    async def refresh(self, now: datetime) -> None:
        """Fetch (or make) today's salt and, shortly before midnight, tomorrow's; delete those of past days.

        Raises psycopg.Error or OSError when PostgreSQL does not answer within a minute.
        """
        today = local_day(now, self._zone)
        soon = local_day(now + FETCHED_AHEAD, self._zone)
        async with asyncio.timeout(REFRESH_SECONDS), self._connections() as connection:
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
        # Missing only if a server whose clock is past midnight already has just deleted it; the cached one stays.
        self.today = self._salts.get(today, self.today)

    def _made_up(self, day: date) -> DaySalt:
        # Without PostgreSQL at midnight each process hashes the day's visitors with a salt of its own: those who reach
        # several processes are counted more than once.
        return DaySalt(day, os.urandom(SALT_BYTES), end_of_day_ms(day, self._zone))
