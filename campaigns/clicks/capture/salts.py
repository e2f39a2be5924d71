"""The day's salt for visitor hashes: all server processes share it by one table; destroyed when the day is over."""

import asyncio
import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg
import structlog

from campaigns.clicks.visitors import PART_BYTES, DaySalt, day_salt, local_day
from campaigns.kit.database.connections import Connections

REFRESH_SECONDS = 60.0
FIRST_SECONDS = 3.0
FETCHED_AHEAD = timedelta(minutes=10)
# A dump holds its locks for as long as it runs; other servers do not wait behind the one that waits for it.
_SHORT_WAIT = "SET LOCAL lock_timeout = '1s'"

log = structlog.get_logger("jaring.salts")


class SaltKeeper:
    """Caches the current day's salt for one server process; `current` never waits for PostgreSQL.

    `key` is derived from the master key; the other part of each salt is random and shared through the database.
    `refresh` is called every minute, so that tomorrow's salt is known before midnight.
    """

    def __init__(self, connections: Connections, zone: ZoneInfo, key: bytes) -> None:
        self._connections = connections
        self._zone = zone
        self._key = key
        self._parts: dict[date, bytes] = {}
        self.today = self._salt_of(local_day(datetime.now(UTC), zone))

    def current(self, now_ms: int) -> bytes:
        """The salt for a tap at this time (Unix milliseconds)."""
        if now_ms >= self.today.ends_at_ms:
            today = local_day(datetime.fromtimestamp(now_ms / 1000, UTC), self._zone)
            self._parts = {day: part for day, part in self._parts.items() if day >= today}
            self.today = self._salt_of(today)
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
        """Fetch (or make) today's salt and, shortly before midnight, tomorrow's; destroy those of past days.

        Raises psycopg.Error or OSError when PostgreSQL does not answer within a minute.
        """
        today = local_day(now, self._zone)
        soon = local_day(now + FETCHED_AHEAD, self._zone)
        async with asyncio.timeout(REFRESH_SECONDS), self._connections() as connection:
            for day in {today, soon}:
                # The one of this process, if it has one: a crash of PostgreSQL empties the table within a day.
                await connection.execute(
                    "INSERT INTO visitor_salts (day, salt) VALUES (%s, %s) ON CONFLICT (day) DO NOTHING",
                    (day, self._parts.get(day) or os.urandom(PART_BYTES)),
                )
            cursor = await connection.execute(
                "SELECT day, salt FROM visitor_salts WHERE day IN (%s, %s)", (today, soon)
            )
            # Today's is missing only if a server whose clock is past midnight already has destroyed it.
            kept = {day: part for day, part in self._parts.items() if day >= today}
            self._parts = kept | {day: bytes(part) for day, part in await cursor.fetchall()}
            self.today = self._salt_of(today)
            await _destroy_past(connection, today)

    def _salt_of(self, day: date) -> DaySalt:
        # Without PostgreSQL at midnight each process hashes the day's visitors with a salt of its own: those who reach
        # several processes are counted more than once.
        return day_salt(self._key, self._parts.setdefault(day, os.urandom(PART_BYTES)), day, self._zone)


async def _destroy_past(connection: psycopg.AsyncConnection, today: date) -> None:
    """Leave no salt of a past day in the database's files.

    A deleted row stays in its page until another one needs the place. So the table is written anew and its old file is
    removed; it is unlogged, so that neither the write-ahead log nor a base backup has ever had it.
    """
    cursor = await connection.execute("SELECT FROM visitor_salts WHERE day < %s LIMIT 1", (today,))
    if await cursor.fetchone() is None:
        return
    async with connection.transaction():
        await connection.execute(_SHORT_WAIT)
        await connection.execute("LOCK TABLE visitor_salts IN ACCESS EXCLUSIVE MODE")
        cursor = await connection.execute("SELECT day, salt FROM visitor_salts WHERE day >= %s", (today,))
        kept = await cursor.fetchall()
        await connection.execute("TRUNCATE visitor_salts")
        for row in kept:
            await connection.execute("INSERT INTO visitor_salts (day, salt) VALUES (%s, %s)", row)
