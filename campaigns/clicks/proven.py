"""Mark taps that somebody registered with: they are a person's, whatever was guessed of their pace or headers.

A registration marks its taps itself (`attribution.operations`), unless they are locked just then or not stored yet, as
in an outage. So bursts are marked with this beside it: it reads the claims of the same taps again. The other taps of a
burst stay in it: a registration costs a robot nothing.

Uses psycopg only, since the redirect's process imports it.
"""

from datetime import datetime

import psycopg

from campaigns.clicks.types import RequestFlag

_MARK = b"""
UPDATE clicks SET observed = clicks.observed | %(bit)s
FROM click_claims
WHERE click_claims.campaign_id = clicks.campaign_id AND click_claims.click_id = clicks.id
    AND clicks.clicked_at >= %(since)s AND clicks.clicked_at < %(until)s AND clicks.observed & %(bit)s = 0
"""


async def mark_proven(connection: psycopg.AsyncConnection, *, since: datetime, until: datetime) -> None:
    """Set the mark of each claimed tap from `since` to before `until`; the caller holds `bursts.lock_marking`."""
    await connection.execute(_MARK, {"since": since, "until": until, "bit": RequestFlag.PROVEN.value})
