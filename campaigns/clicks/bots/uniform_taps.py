"""Mark uniform taps: over 1,000 from one address on one link within half an hour, nearly all of one kind.

A program at one tap a second is no burst (`bots.bursts`), and can go on for days. What tells it from people is that
they never have one kind of device, browser, version and language only: of a thousand taps from a school or a carrier's
shared address, the commonest kind is some nine tenths at most (docs/decisions/0008). Taps of other kinds are marked
only if there are more than people make together at such a place in half an hour.

Marked after bursts, every five minutes and under the same lock. Uses psycopg only, since the redirect's process
imports it.
"""

from datetime import UTC, datetime, timedelta

import psycopg

from campaigns.clicks.types import RequestFlag
from campaigns.clicks.visitors import FACTS_BITS, NETWORK_SHIFT

SPAN = timedelta(minutes=30)  # fixed: from the full hour, and from half past
# A hall of 1,000 pupils who are told to scan now makes so many.
MAX_TAPS = 1000
MIN_SHARE = 0.98
# 25 a second, all the time. A carrier's shared address makes 10 to 20 a second in an hour of its peak.
MAX_TAPS_OF_ALL_KINDS = 45_000

# Half an hour of 1,000 taps a second takes three seconds to judge, too much for each round.
JUDGED_EVERY = timedelta(minutes=5)
_EPOCH = datetime.fromtimestamp(0, UTC)

# Counts first, and touches only the taps of a group that is over the limit or was: nearly always there is none.
_MARK = """
WITH counted AS (
    SELECT {judged_together}, visitor & {kinds} AS kind, date_bin(%(span)s, clicked_at, %(origin)s) AS span,
        count(*) AS taps, bool_or(observed & %(bit)s <> 0) AS marked
    FROM {table}
    WHERE clicked_at >= date_bin(%(span)s, %(since)s, %(origin)s)
        AND clicked_at < date_bin(%(span)s, %(until)s, %(origin)s) + %(span)s
    GROUP BY {groups}, kind, span
), shared AS (
    SELECT *, sum(taps) OVER (PARTITION BY {groups}, span) AS together FROM counted
), judged AS (
    SELECT *, together > %(most_of_all)s OR (taps > %(most)s AND taps >= together * %(share)s) AS uniform FROM shared
)
UPDATE {table} SET observed = CASE WHEN uniform THEN {table}.observed | %(bit)s ELSE {table}.observed & ~%(bit)s END
FROM judged
WHERE (uniform OR marked) AND {same_group} AND {table}.visitor >> {shift} = address AND {table}.visitor & {kinds} = kind
    AND date_bin(%(span)s, {table}.clicked_at, %(origin)s) = span
    AND {table}.clicked_at >= date_bin(%(span)s, %(since)s, %(origin)s)
    AND {table}.clicked_at < date_bin(%(span)s, %(until)s, %(origin)s) + %(span)s
    AND uniform <> ({table}.observed & %(bit)s <> 0)
"""
_OF_EACH_TABLE = {"kinds": (1 << FACTS_BITS) - 1, "shift": NETWORK_SHIFT}
_MARK_CLICKS = _MARK.format(
    table="clicks",
    judged_together=f"link_id, visitor >> {NETWORK_SHIFT} AS address",
    groups="link_id, address",
    same_group="clicks.link_id = judged.link_id",
    **_OF_EACH_TABLE,
).encode()
_MARK_ORPHANS = _MARK.format(
    table="orphan_taps",
    judged_together=f"visitor >> {NETWORK_SHIFT} AS address",
    groups="address",
    same_group="true",
    **_OF_EACH_TABLE,
).encode()


def is_due(since: datetime, until: datetime) -> bool:
    """Whether the taps of a round from `since` to `until` are to be judged: when a full five minutes is passed."""
    return (since - _EPOCH) // JUDGED_EVERY < (until - _EPOCH) // JUDGED_EVERY


async def mark_uniform_taps(connection: psycopg.AsyncConnection, *, since: datetime, until: datetime) -> int:
    """Set or clear the mark of each tap in the half hours that `since` to `until` touches; returns how many.

    The caller holds `bursts.lock_marking`.
    """
    parameters = {
        "span": SPAN,
        "origin": _EPOCH,
        "since": since,
        "until": until,
        "most": MAX_TAPS,
        "share": MIN_SHARE,
        "most_of_all": MAX_TAPS_OF_ALL_KINDS,
        "bit": RequestFlag.UNIFORM.value,
    }
    changed = 0
    for statement in (_MARK_CLICKS, _MARK_ORPHANS):
        changed += (await connection.execute(statement, parameters)).rowcount
    return changed
