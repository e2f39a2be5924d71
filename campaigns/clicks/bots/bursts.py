"""Mark bursts: more than 1,000 taps from one address on one link within 10 seconds, which are then no clicks.

The limit is between what people do and what programs do, from one IPv4 address or IPv6 /48 on one link:

    a class of 40 that scans a poster within a minute            40 in any 10 seconds at most
    a popular link behind a carrier's shared address       50 to 200 in 10 seconds (5 to 20 a second at a peak)
    a hall of 1,000 pupils that is told to scan now         about 500 in the fullest 10 seconds
    a program that does nothing else                    5,000 to 30,000 in 10 seconds

Who taps is not asked: all of Chrome on Android is one user agent, and a program can make up any. All taps of a burst
are marked, not only those over the limit, or it would be a ration that robots can count on. Taps on unknown links are
judged for all slugs together, since whoever tries them tries many. docs/decisions/0008 has the simulation.

Server processes call `mark_new_bursts` every minute; storing taps late calls `note_late_taps`; `reclassify` marks all
history again. Uses psycopg only, since the redirect's process imports it.
"""

import asyncio
from datetime import datetime, timedelta

import psycopg

from campaigns.clicks.bots.uniform_taps import is_due, mark_uniform_taps
from campaigns.clicks.proven import mark_proven
from campaigns.clicks.types import RequestFlag
from campaigns.clicks.visitors import NETWORK_SHIFT
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

# Increase with every change of the next two; `reclassify` then marks all history again.
BURSTS_VERSION = 2
MAX_TAPS = 1000
WITHIN = timedelta(seconds=10)

INTERVAL_SECONDS = 60.0
# Half an interval, so that a single process whose clock is set back a little does not skip a round.
JUST_MARKED = timedelta(seconds=INTERVAL_SECONDS / 2)
# Every round searches this much of the previous time again, for taps that were stored a moment after they arrived. At
# thousands of taps a second, a longer time would keep a core of the database busy.
LOOK_BACK = timedelta(minutes=2)
# Taps stored later than this after they arrived are reported by `note_late_taps`. It is more than the longest deadline
# that can be set, plus half a minute of difference between two machines' clocks.
LATE_AFTER = LOOK_BACK / 2
# The longest time range of one transaction when rounds were missed, and how long the transaction may take.
STEP = timedelta(minutes=30)
STEP_SECONDS = 300.0

# If MAX_TAPS + 1 consecutive taps are within WITHIN, all of them are marked. Taps shortly before and after the range
# are read too, so that bursts across its borders are complete; only taps of the range are updated. The range is given
# for both tables, or PostgreSQL would scan all of the table for the rows to update.
_MARK = """
WITH starting AS (
    SELECT {key}, {judged_together} AS origin, clicked_at, observed,
        coalesce(lead(clicked_at, %(most)s) OVER tapping - clicked_at <= %(within)s, false) AS starts
    FROM {table}
    WHERE clicked_at >= %(since)s - %(within)s AND clicked_at < %(until)s + %(within)s
    WINDOW tapping AS (PARTITION BY {judged_together} ORDER BY clicked_at, id)
), judged AS (
    SELECT {key}, clicked_at, observed,
        bool_or(starts) OVER (
            PARTITION BY origin ORDER BY clicked_at, id ROWS BETWEEN %(most)s PRECEDING AND CURRENT ROW
        ) AS in_burst
    FROM starting
)
UPDATE {table} SET observed = CASE WHEN in_burst THEN {table}.observed | %(bit)s ELSE {table}.observed & ~%(bit)s END
FROM judged
WHERE {same_row}
    AND {table}.clicked_at >= %(since)s AND {table}.clicked_at < %(until)s
    AND judged.clicked_at >= %(since)s AND judged.clicked_at < %(until)s
    AND in_burst <> (judged.observed & %(bit)s <> 0)
"""
_MARK_CLICKS = _MARK.format(
    table="clicks",
    key="campaign_id, id",
    judged_together=f"(link_id, visitor >> {NETWORK_SHIFT})",
    same_row="clicks.campaign_id = judged.campaign_id AND clicks.id = judged.id",
).encode()
_MARK_ORPHANS = _MARK.format(
    table="orphan_taps",
    key="id",
    judged_together=f"(visitor >> {NETWORK_SHIFT})",
    same_row="orphan_taps.id = judged.id",
).encode()


async def mark_bursts(connection: psycopg.AsyncConnection, *, since: datetime, until: datetime) -> int:
    """Set or clear the mark of each tap from `since` to before `until`; returns the number of changed taps.

    The caller must hold the lock (`lock_marking`), since two concurrent calls could deadlock.
    """
    parameters = {"most": MAX_TAPS, "within": WITHIN, "since": since, "until": until, "bit": RequestFlag.BURST.value}
    changed = 0
    for statement in (_MARK_CLICKS, _MARK_ORPHANS):
        changed += (await connection.execute(statement, parameters)).rowcount
    return changed


async def lock_marking(connection: psycopg.AsyncConnection) -> None:
    """Wait for the lock on marking, and hold it until the transaction ends."""
    await lock_watermark(connection, BURSTS)


async def note_late_taps(connection: psycopg.AsyncConnection, *, since: datetime) -> None:
    """Let the next round search taps from `since` on again; called in the transaction that stores late taps."""
    # The watermark's time is updated even if its position stays, so that a round in progress, which does not see these
    # taps, does not delete the watermark.
    await lower_watermark(connection, LATE_TAPS, since)


async def mark_new_bursts(connections: Connections, *, now: datetime) -> None:
    """Mark bursts among the taps since the last round of any process; every process calls this every minute."""
    async with connections() as connection:
        while await mark_next_step(connection, now=now):
            pass


async def mark_next_step(connection: psycopg.AsyncConnection, *, now: datetime) -> bool:
    """Mark at most one STEP from where the last round ended; returns whether there is more to do now.

    Does nothing if another process is marking or has just done so. The very first round marks taps of the last
    LOOK_BACK only; `jaring clicks reclassify` marks older ones.
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
        if is_due(reached, until):
            await mark_uniform_taps(connection, since=reached - LOOK_BACK, until=until)
        await mark_proven(connection, since=reached - LOOK_BACK, until=until)
        await write_watermark(connection, BURSTS, until, now=now)
        if noted_at is not None:
            await delete_watermark(connection, LATE_TAPS, changed_at=noted_at)
        return until < now
