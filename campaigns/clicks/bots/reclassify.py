"""Apply changed rules to stored data, for `jaring clicks reclassify`: agents, then bursts, then links' channel groups.

Each part processes its table in small transactions that also store the position reached (`watermarks`). After a run was
interrupted or killed, the next one continues from there, with or without `request_all`. The redirect can keep running:
it classifies new agents by the rules of its own release.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from campaigns.acquisition.channel_groups import GROUPING_VERSION, classify_traffic
from campaigns.clicks.bots.bursts import BURSTS_VERSION, lock_marking, mark_bursts
from campaigns.clicks.bots.classifier import RULES_VERSION
from campaigns.clicks.bots.known_words import in_known_words
from campaigns.clicks.bots.reasons import reasons_sql
from campaigns.clicks.bots.uniform_taps import mark_uniform_taps
from campaigns.clicks.proven import mark_proven
from campaigns.clicks.watermarks import (
    AGENTS,
    BURST_HISTORY,
    CHANNEL_GROUPS,
    read_version,
    read_watermark,
    write_watermark,
)
from campaigns.kit.database.locks import AdvisoryLock, try_session_lock

BATCH = 500

# Positions before all agents and before all links.
_MIN_AGENT_ID = -(2**63)
_MIN_LINK_ID = UUID(int=0)
# The id of an agent is a hash and never 0; agent 0 is for taps stored before user agents were.
_OF_AGENTS = "WHERE id <> 0 AND id > %(after)s AND (%(all)s OR rules_version <> %(version)s)"


@dataclass(slots=True)
class ReclassifyResult:
    """Counts of changes by this run only, not by an interrupted run before it.

    `flagged` and `unflagged` count agents that are now robots or no longer; `taps_filtered` and `taps_restored` count
    their taps.
    """

    judged: int = 0
    flagged: int = 0
    unflagged: int = 0
    taps_filtered: int = 0
    taps_restored: int = 0
    burst_marks: int = 0
    uniform_marks: int = 0
    links: int = 0


@dataclass(frozen=True, slots=True)
class ReclassifyStep:
    """One of the three parts: the number of rows (or days) left, and an iterator that processes them in batches.

    The iterator yields the number of rows (or days) of each batch.
    """

    label: str
    steps: int
    doing: AsyncIterator[int]


@asynccontextmanager
async def exclusive_run(connection: psycopg.AsyncConnection) -> AsyncIterator[bool]:
    """True if no other run is active; then none can start until the block or this process ends."""
    async with try_session_lock(connection, AdvisoryLock.RECLASSIFY) as alone:
        yield alone


async def request_all(connection: psycopg.AsyncConnection, *, now: datetime) -> None:
    """Let `reclassify` process all agents and links, including those already classified by the current rules.

    If an earlier such run was interrupted, it is continued.
    """
    if await read_watermark(connection, AGENTS, version=RULES_VERSION) is None:
        await write_watermark(connection, AGENTS, _MIN_AGENT_ID, version=RULES_VERSION, now=now)
    if await read_watermark(connection, CHANNEL_GROUPS, version=GROUPING_VERSION) is None:
        await write_watermark(connection, CHANNEL_GROUPS, _MIN_LINK_ID, version=GROUPING_VERSION, now=now)


async def reclassify(
    connection: psycopg.AsyncConnection, *, changed: ReclassifyResult, now: datetime
) -> AsyncIterator[ReclassifyStep]:
    """The parts with work to do; run their steps in order, on a connection in autocommit.

    Agents and links already classified by the current rules are skipped, unless `request_all` was called. Adds to the
    counts in `changed`; the counts of taps are set after the last agent.
    """
    yield await _agents(connection, changed, now)
    yield await _bursts(connection, changed, now)
    groups = await _groups(connection, changed, now)
    if groups is not None:
        yield groups


async def _agents(connection: psycopg.AsyncConnection, changed: ReclassifyResult, now: datetime) -> ReclassifyStep:
    # Only a run over all agents stores its position; other runs select the agents of older rules.
    begun = await read_watermark(connection, AGENTS, version=RULES_VERSION)
    parameters = {
        "after": _MIN_AGENT_ID if begun is None else begun,
        "all": begun is not None,
        "version": RULES_VERSION,
    }
    steps = await _count(connection, f"SELECT count(*) FROM agents {_OF_AGENTS}", parameters)  # noqa: S608
    return ReclassifyStep("User agents", steps, _judge_agents(connection, parameters, changed, now))


async def _judge_agents(
    connection: psycopg.AsyncConnection, parameters: dict[str, Any], changed: ReclassifyResult, now: datetime
) -> AsyncIterator[int]:
    await connection.execute("DROP TABLE IF EXISTS judged_before")
    await connection.execute("CREATE TEMPORARY TABLE judged_before (id bigint, reasons smallint, expects smallint)")
    while True:
        async with connection.transaction():
            cursor = await connection.execute(
                f"SELECT id, text FROM agents {_OF_AGENTS} ORDER BY id LIMIT {BATCH}".encode(),  # noqa: S608
                parameters,
            )
            batch = await cursor.fetchall()
            if batch:
                await _store_verdicts(connection, batch, changed)
                parameters["after"] = batch[-1][0]
            position = parameters["after"] if batch and parameters["all"] else None
            await write_watermark(connection, AGENTS, position, version=RULES_VERSION, now=now)
        if not batch:
            break
        yield len(batch)
    cursor = await connection.execute(_COUNT_TAPS)
    ((changed.taps_filtered, changed.taps_restored),) = await cursor.fetchall()


async def _store_verdicts(
    connection: psycopg.AsyncConnection, batch: Sequence[tuple[int, str]], changed: ReclassifyResult
) -> None:
    # Agents that an older release stored have their whole text.
    known = [in_known_words(text) for _, text in batch]
    verdicts = [verdict for _, verdict in known]
    cursor = await connection.execute(
        _STORE_VERDICTS,
        (
            [agent_id for agent_id, _ in batch],
            [one.reasons.value for one in verdicts],
            [one.expects.value for one in verdicts],
            [one.device.value for one in verdicts],
            [one.app for one in verdicts],
            [text for text, _ in known],
            RULES_VERSION,
        ),
    )
    ((flagged, unflagged),) = await cursor.fetchall()
    changed.judged += len(batch)
    changed.flagged += flagged
    changed.unflagged += unflagged


# Unchanged rows are not updated, since a run over all agents would otherwise rewrite every row.
_STORE_VERDICTS = """
WITH judged AS (
    SELECT * FROM unnest(%s::bigint[], %s::smallint[], %s::smallint[], %s::text[], %s::text[], %s::text[])
        AS judged (id, reasons, expects, device, app, text)
), before AS (
    SELECT agents.id, agents.reasons, agents.expects FROM agents JOIN judged USING (id)
    WHERE (agents.reasons, agents.expects) <> (judged.reasons, judged.expects)
), noted AS (
    INSERT INTO judged_before SELECT * FROM before
), stored AS (
    UPDATE agents SET reasons = judged.reasons, expects = judged.expects, device = judged.device, app = judged.app,
        text = judged.text, rules_version = given.version
    FROM judged, (SELECT %s::smallint AS version) AS given
    WHERE agents.id = judged.id
        AND (agents.reasons, agents.expects, agents.device, agents.app, agents.text, agents.rules_version)
            IS DISTINCT FROM (judged.reasons, judged.expects, judged.device, judged.app, judged.text, given.version)
)
SELECT count(*) FILTER (WHERE before.reasons = 0 AND judged.reasons <> 0),
    count(*) FILTER (WHERE before.reasons <> 0 AND judged.reasons = 0)
FROM before JOIN judged USING (id)
"""

_COUNT_TAPS = f"""
SELECT count(*) FILTER (WHERE before = 0 AND after <> 0), count(*) FILTER (WHERE before <> 0 AND after = 0)
FROM (
    SELECT {reasons_sql(agent="judged_before")} AS before, {reasons_sql()} AS after
    FROM clicks JOIN agents ON agents.id = clicks.agent_id JOIN judged_before ON judged_before.id = clicks.agent_id
) AS compared
""".encode()  # noqa: S608


_FIRST_AND_LAST = """
SELECT min(clicked_at), max(clicked_at)
FROM (SELECT clicked_at FROM clicks UNION ALL SELECT clicked_at FROM orphan_taps) AS taps
"""


async def _bursts(connection: psycopg.AsyncConnection, changed: ReclassifyResult, now: datetime) -> ReclassifyStep:
    cursor = await connection.execute(_FIRST_AND_LAST)
    ((first, last),) = await cursor.fetchall()
    if first is None:
        return ReclassifyStep("Days of taps", 0, _mark_days(connection, [], changed, now))
    begun = await read_watermark(connection, BURST_HISTORY, version=BURSTS_VERSION)
    day, end = first.astimezone(UTC).date(), last.astimezone(UTC).date()
    day = max(day, begun or day)
    days = [day + timedelta(days=place) for place in range((end - day).days + 1)]
    return ReclassifyStep("Days of taps", len(days), _mark_days(connection, days, changed, now))


async def _mark_days(
    connection: psycopg.AsyncConnection, days: Sequence[date], changed: ReclassifyResult, now: datetime
) -> AsyncIterator[int]:
    for day in days:
        since = datetime(day.year, day.month, day.day, tzinfo=UTC)
        async with connection.transaction():
            await lock_marking(connection)
            until = since + timedelta(days=1)
            changed.burst_marks += await mark_bursts(connection, since=since, until=until)
            changed.uniform_marks += await mark_uniform_taps(connection, since=since, until=until)
            await mark_proven(connection, since=since, until=until)
            next_day = day + timedelta(days=1)
            await write_watermark(connection, BURST_HISTORY, next_day, version=BURSTS_VERSION, now=now)
        yield 1
    await write_watermark(connection, BURST_HISTORY, None, version=BURSTS_VERSION, now=now)


async def _groups(
    connection: psycopg.AsyncConnection, changed: ReclassifyResult, now: datetime
) -> ReclassifyStep | None:
    begun = await read_watermark(connection, CHANNEL_GROUPS, version=GROUPING_VERSION)
    if begun is None and await read_version(connection, CHANNEL_GROUPS) == GROUPING_VERSION:
        return None
    after = begun or _MIN_LINK_ID
    steps = await _count(connection, "SELECT count(*) FROM links WHERE id > %(after)s", {"after": after})
    return ReclassifyStep("Links", steps, _group_links(connection, after, changed, now))


async def _group_links(
    connection: psycopg.AsyncConnection, after: UUID, changed: ReclassifyResult, now: datetime
) -> AsyncIterator[int]:
    while True:
        async with connection.transaction():
            cursor = await connection.execute(
                "SELECT id, utm_source, utm_medium, utm_campaign FROM links WHERE id > %s ORDER BY id LIMIT %s",
                (after, BATCH),
            )
            batch = await cursor.fetchall()
            if batch:
                after = batch[-1][0]
                groups = [
                    classify_traffic(
                        source=source, medium=medium, campaign=campaign, referrer_host=None, click_ids=()
                    ).group
                    for _, source, medium, campaign in batch
                ]
                stored = await connection.execute(
                    "UPDATE links SET channel_group = grouped.channel_group"
                    " FROM unnest(%s::uuid[], %s::text[]) AS grouped (id, channel_group)"
                    " WHERE links.id = grouped.id AND links.channel_group <> grouped.channel_group",
                    ([row[0] for row in batch], [group.value for group in groups]),
                )
                changed.links += stored.rowcount
            position = after if batch else None
            await write_watermark(connection, CHANNEL_GROUPS, position, version=GROUPING_VERSION, now=now)
        if not batch:
            return
        yield len(batch)


async def _count(connection: psycopg.AsyncConnection, statement: str, parameters: dict[str, Any]) -> int:
    ((found,),) = await (await connection.execute(statement.encode(), parameters)).fetchall()
    return int(found)
