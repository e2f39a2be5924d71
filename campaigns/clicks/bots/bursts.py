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
from datetime import datetime, timedelta
from typing import LiteralString

import psycopg

from campaigns.clicks.types import RequestFlag
from campaigns.clicks.watermarks import (
    BURSTS,
    LATE_TAPS,
    delete_watermark,
    lock_watermark,
    lower_watermark,
    read_watermark,
    read_with_time,
    try_lock_watermark,
    write_watermark,
)
from campaigns.kit.database.connections import Connections

# Raised with every change of these two; `reclassifying` then begins anew.
BURSTS_VERSION = 1
MAX_TAPS = 20
WITHIN = timedelta(seconds=10)

INTERVAL_SECONDS = 60.0
# Half an interval, so that a clock that is set back a little does not make the only process skip a round.
JUST_MARKED = timedelta(seconds=INTERVAL_SECONDS / 2)
# Every round searches this much of the time before it again, for taps that were stored a moment after they came. At
# thousands of taps a second a longer one would keep a core of the database busy.
LOOK_BACK = timedelta(minutes=2)
# Taps that are stored later than this after they came are reported by `note_late_taps`. It is more than the longest
# deadline that can be set, with clocks of two machines half a minute apart.
LATE_AFTER = LOOK_BACK / 2
# The most that one transaction goes on, when there is much to catch up with, and how long it may take.
STEP = timedelta(minutes=30)
STEP_SECONDS = 300.0

# Every tap that starts MAX_TAPS + 1 taps in a row within WITHIN marks all of them. Taps around the range are read as
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
    await lock_watermark(connection, BURSTS)


async def note_late_taps(connection: psycopg.AsyncConnection, *, since: datetime) -> None:
    """Have taps since this time searched for bursts again; called in the transaction that stores them late."""
    # The time of this note is stored even if the position stays: a round of marking that is under way does not see
    # these taps, so it must not delete the watermark.
    await lower_watermark(connection, LATE_TAPS, since)


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
        if not await try_lock_watermark(connection, BURSTS):
            return False
        marked_until = await read_watermark(connection, BURSTS)
        late_since, noted_at = await read_with_time(connection, LATE_TAPS) or (None, None)
        if late_since is None and marked_until is not None and timedelta(0) <= now - marked_until < JUST_MARKED:
            return False
        reached = min(late_since or now, marked_until or now)
        until = min(reached + STEP, now)
        await mark_bursts(connection, since=reached - LOOK_BACK, until=until)
        await write_watermark(connection, BURSTS, until, now=now)
        if noted_at is not None:
            await delete_watermark(connection, LATE_TAPS, changed_at=noted_at)
        return until < now
