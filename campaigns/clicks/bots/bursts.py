"""Marking bursts: more taps of one visitor on one link than fingers can do.

More than 20 taps within 10 seconds. A visitor is one address, one user agent and one language on one day (`visitors`),
so behind a carrier's shared address people with the same model of phone and the same version of an app are one visitor
here. Suppose 5,000 customers share the address and one in a hundred the agent: 50 people. That 21 of their taps, two a
second, fall on the same link within ten seconds needs a poster in front of a crowd, while a script passes two a second
at once. A person who taps and taps because nothing seems to happen makes five or six.

Server processes call `mark_new_bursts` every minute; storing taps late calls `note_late_taps`; `reclassify` marks all
history anew. Uses psycopg only, since the redirect's process loads it.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import LiteralString

import psycopg

from campaigns.clicks.types import RequestFlag
from campaigns.kit.database.connections import Connections

# Raised with every change of these two; `reclassifying` then begins anew.
BURSTS_VERSION = 1
MAX_TAPS = 20
WITHIN = timedelta(seconds=10)

# The row of watermarks that says up to when taps are marked; who marks holds its lock. The other says since when there
# are taps that came late: a row of its own, so that storing them does not wait for whoever marks.
RUN = "bursts"
LATE = "bursts-late"
INTERVAL_SECONDS = 60.0
# Every round searches this much of the time before it again, for taps that were stored a moment after they came. At
# thousands of taps a second a longer one would keep a core of the database busy.
LOOK_BACK = timedelta(minutes=2)
# Taps that are stored later than this after they came are reported by `note_late_taps`. It is more than the longest
# deadline that can be set, with clocks of two machines half a minute apart.
LATE_AFTER = LOOK_BACK / 2
# The most that one transaction goes on, when there is much to catch up with, and how long it may take.
STEP = timedelta(minutes=30)
STEP_SECONDS = 300.0

# Every tap that starts MOST_TAPS + 1 taps in a row within WITHIN marks all of them. Taps around the range are read as
# well, so that the bursts that cross its borders are seen whole; only taps of the range are changed. That is said of
# both sides, or PostgreSQL walks over the whole table to find the ones to change.
_MARK: LiteralString = """
WITH starting AS (
    SELECT campaign_id, id, link_id, visitor, clicked_at, observed,
        coalesce(lead(clicked_at, %(most)s) OVER tapping - clicked_at <= %(within)s, false) AS starts
    FROM clicks
    WHERE clicked_at >= %(since)s - %(within)s AND clicked_at < %(until)s + %(within)s
    WINDOW tapping AS (PARTITION BY link_id, visitor ORDER BY clicked_at, id)
), judged AS (
    SELECT campaign_id, id, clicked_at, observed,
        bool_or(starts) OVER (
            PARTITION BY link_id, visitor ORDER BY clicked_at, id ROWS BETWEEN %(most)s PRECEDING AND CURRENT ROW
        ) AS in_burst
    FROM starting
)
UPDATE clicks SET observed = CASE WHEN in_burst THEN clicks.observed | %(bit)s ELSE clicks.observed & ~%(bit)s END
FROM judged
WHERE clicks.campaign_id = judged.campaign_id AND clicks.id = judged.id
    AND clicks.clicked_at >= %(since)s AND clicks.clicked_at < %(until)s
    AND judged.clicked_at >= %(since)s AND judged.clicked_at < %(until)s
    AND in_burst <> (judged.observed & %(bit)s <> 0)
"""


async def mark_bursts(connection: psycopg.AsyncConnection, *, since: datetime, until: datetime) -> int:
    """Set or clear the mark of each tap from `since` to before `until`; returns how many changed.

    For whoever holds the lock: two at once could wait for each other's rows.
    """
    given = {"most": MAX_TAPS, "within": WITHIN, "since": since, "until": until, "bit": RequestFlag.BURST.value}
    return (await connection.execute(_MARK, given)).rowcount


async def lock_marking(connection: psycopg.AsyncConnection) -> None:
    """Wait until nobody else marks; nobody else does then until the transaction ends."""
    await _ensure_run(connection)
    await connection.execute("SELECT FROM watermarks WHERE name = %s FOR UPDATE", (RUN,))


async def note_late_taps(connection: psycopg.AsyncConnection, *, since: datetime) -> None:
    """Have taps since this time searched for bursts again; called in the transaction that stores them late."""
    # Its time is noted even if the position stays: whoever marks now does not see these taps, and has to come again.
    await connection.execute(
        "INSERT INTO watermarks AS late (name, position, changed_at) VALUES (%s, %s, clock_timestamp())"
        " ON CONFLICT (name) DO UPDATE SET changed_at = excluded.changed_at, position = CASE"
        " WHEN late.position = '' OR late.position::timestamptz > excluded.position::timestamptz"
        " THEN excluded.position ELSE late.position END",
        (LATE, _written(since)),
    )


async def mark_new_bursts(connections: Connections, *, now: datetime) -> None:
    """Mark the bursts among taps that came since the last call of any process; called by each of them every minute."""
    async with connections() as connection:
        while await mark_next_step(connection, now=now):
            pass


async def mark_next_step(connection: psycopg.AsyncConnection, *, now: datetime) -> bool:
    """Mark from where the last round ended, a STEP at most; True if there is more to do before the next minute.

    Does nothing if somebody else is at it or has just been. A first round has no end of another to begin at: it takes
    what is at most LOOK_BACK old, and older history is left to `jaring clicks reclassify`.
    """
    async with asyncio.timeout(STEP_SECONDS), connection.transaction():
        await connection.execute("SELECT set_config('statement_timeout', '0', true)")
        await _ensure_run(connection)
        cursor = await connection.execute(
            "SELECT nullif(position, '')::timestamptz FROM watermarks WHERE name = %s FOR UPDATE SKIP LOCKED", (RUN,)
        )
        row = await cursor.fetchone()
        if row is None:
            return False
        late, noted_at = await _late(connection)
        # Half a minute, so that a clock that is set back a little does not make the only process skip a round.
        just_been = row[0] is not None and timedelta(0) <= now - row[0] < timedelta(seconds=INTERVAL_SECONDS / 2)
        if just_been and late is None:
            return False
        reached: datetime = min(late or now, row[0] or now)
        until = min(reached + STEP, now)
        await mark_bursts(connection, since=reached - LOOK_BACK, until=until)
        await connection.execute(
            "UPDATE watermarks SET position = %s, changed_at = %s WHERE name = %s", (_written(until), now, RUN)
        )
        await connection.execute("DELETE FROM watermarks WHERE name = %s AND changed_at = %s", (LATE, noted_at))
        return until < now


async def _late(connection: psycopg.AsyncConnection) -> tuple[datetime | None, datetime | None]:
    """Since when there are taps that came late, and when that was noted."""
    cursor = await connection.execute(
        "SELECT position::timestamptz, changed_at FROM watermarks WHERE name = %s", (LATE,)
    )
    return await cursor.fetchone() or (None, None)


async def _ensure_run(connection: psycopg.AsyncConnection) -> None:
    await connection.execute(
        "INSERT INTO watermarks (name, changed_at) VALUES (%s, now()) ON CONFLICT (name) DO NOTHING", (RUN,)
    )


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
