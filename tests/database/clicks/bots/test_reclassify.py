"""`jaring clicks reclassify` as a separate process: the values it restores, and continuing after an interruption."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from campaigns.acquisition.channel_groups import GROUPING_VERSION
from campaigns.clicks.bots.bursts import BURSTS_VERSION, MAX_TAPS
from campaigns.clicks.bots.classifier import RULES_VERSION, classify_user_agent
from campaigns.clicks.bots.reclassify import BATCH, exclusive_run
from campaigns.clicks.types import BotReason, RequestFlag
from campaigns.clicks.watermarks import AGENTS, BURST_HISTORY, CHANNEL_GROUPS, read_version, write_watermark
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.database.locks import AdvisoryLock
from campaigns.links.models import Link
from tests.database.clicks.stored import BURST, Stored
from tests.factories.clicks import NO_REASON, build_link
from tests.factories.world import build_world

JARING = str(Path(sys.executable).with_name("jaring"))
NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)
FETCHER = "facebookexternalhit/1.1"
PROMPTLY = 60.0
OTHER_CONNECTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name = 'jaring-reclassify'
"""


@pytest.fixture
def command(own_database: str, tmp_path: Path) -> dict[str, Any]:
    """Further arguments of `asyncio.create_subprocess_exec`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JARING_", "PG"))}
    return {
        "env": {**inherited, "JARING_DATABASE_URL": own_database, "JARING_DATA": str(tmp_path)},
        "stdout": asyncio.subprocess.PIPE,
        "stderr": asyncio.subprocess.STDOUT,
    }


async def started(command: dict[str, Any], *options: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(JARING, "clicks", "reclassify", *options, **command)


async def reclassified(command: dict[str, Any], *options: str) -> str:
    """The output of a successful run."""
    process = await started(command, *options)
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def store_agents(
    stored: Stored, texts: Sequence[str], *, reasons: BotReason = NO_REASON, version: int = 0
) -> None:
    """Store agents numbered from 1, all with the same classification."""
    async with stored.connection.cursor() as cursor:
        await cursor.executemany(
            "INSERT INTO agents (id, text, reasons, device, rules_version, first_seen_at)"
            " VALUES (%s, %s, %s, 'other', %s, now())",
            [(number, text, reasons.value, version) for number, text in enumerate(texts, start=1)],
        )


async def verdict_of(stored: Stored, number: int) -> tuple[Any, ...]:
    cursor = await stored.connection.execute(
        "SELECT reasons, expects, device, app, rules_version FROM agents WHERE id = %s", (number,)
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


def as_stored(text: str) -> tuple[Any, ...]:
    verdict = classify_user_agent(text)
    return (verdict.reasons.value, verdict.expects.value, verdict.device.value, verdict.app, RULES_VERSION)


class TestAgents:
    async def test_judges_what_other_rules_judged_and_counts_the_taps_concerned(
        self, stored: Stored, command: dict[str, Any]
    ) -> None:
        await store_agents(stored, [FETCHER, FETCHER + " (again)"])
        await store_agents_of_people(stored)
        link = uuid4()
        await stored.tap([NOON] * 3, link=link, agent_id=1)
        # A HEAD request was no person's tap before either.
        await stored.tap([NOON], link=link, agent_id=2, observed=RequestFlag.HEAD.value)
        whole = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING
        await stored.tap([NOON] * 2, link=link, visitor=2, agent_id=100, observed=whole.value)
        await stored.tap([NOON] * 2, link=link)
        printed = await reclassified(command)
        assert "Classified 3 user agents: 2 are now bots, 1 now people." in printed
        assert "3 taps no longer count as clicks, 2 taps count as clicks again." in printed
        assert await verdict_of(stored, 1) == as_stored(FETCHER)
        assert await verdict_of(stored, 100) == as_stored(PHONE)

    async def test_leaves_the_agent_of_unrecorded_taps_alone(self, stored: Stored, command: dict[str, Any]) -> None:
        before = await verdict_of(stored, 0)
        await reclassified(command, "--all")
        assert await verdict_of(stored, 0) == before

    async def test_a_verdict_changed_by_hand_is_restored_by_all(self, stored: Stored, command: dict[str, Any]) -> None:
        await store_agents(stored, [FETCHER], reasons=BotReason.CRAWLER, version=RULES_VERSION)
        assert "Classified 0 user agents" in await reclassified(command)
        assert (await verdict_of(stored, 1))[0] == BotReason.CRAWLER.value
        assert "Classified 1 user agents: 0 are now bots, 0 now people." in await reclassified(command, "--all")
        assert await verdict_of(stored, 1) == as_stored(FETCHER)

    async def test_rows_that_stay_as_they_are_are_not_written(self, stored: Stored, command: dict[str, Any]) -> None:
        await store_agents(stored, [FETCHER])
        await reclassified(command)
        written = "SELECT xmin::text FROM agents WHERE id = 1"
        before = await stored.value(written)
        await reclassified(command, "--all")
        assert await stored.value(written) == before


async def store_agents_of_people(stored: Stored) -> None:
    """Store a phone, number 100, that older rules classified as a robot."""
    await stored.connection.execute(
        "INSERT INTO agents (id, text, reasons, device, first_seen_at) VALUES (100, %s, %s, 'other', now())",
        (PHONE, BotReason.CRAWLER.value),
    )


class TestStopping:
    """The test locks the row of one agent or tap, so that the run stops there."""

    @pytest.mark.parametrize("options", [(), ("--all",)])
    @pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
    async def test_continues_where_it_was_stopped(
        self, stored: Stored, command: dict[str, Any], how: signal.Signals, options: tuple[str, ...]
    ) -> None:
        texts = [f"{FETCHER} ({number})" for number in range(BATCH * 3)]
        await store_agents(stored, texts)
        async with await psycopg.AsyncConnection.connect(stored.conninfo) as holding:
            await holding.execute("SELECT FROM agents WHERE id = %s FOR UPDATE", (BATCH * 2 + 1,))
            process = await started(command, *options)
            await self.until(stored, "SELECT count(*) FROM agents WHERE id > 0 AND rules_version > 0", BATCH * 2)
            process.send_signal(how)
            async with asyncio.timeout(PROMPTLY):
                await process.communicate()
            assert process.returncode == (130 if how is signal.SIGINT else -how)
        # PostgreSQL notices that its client is gone once the row is free.
        await self.until(stored, OTHER_CONNECTIONS, 0)
        # What was done before is not done again: a verdict changed by hand meanwhile stays.
        await stored.connection.execute("UPDATE agents SET reasons = 0 WHERE id = 1")
        assert f"Classified {BATCH} user agents" in await reclassified(command, *options)
        assert (await verdict_of(stored, 1))[0] == 0
        assert await verdict_of(stored, BATCH * 3) == as_stored(texts[-1])
        assert f"Classified {BATCH * 3} user agents: 1 are now bots" in await reclassified(command, "--all")
        assert await verdict_of(stored, 1) == as_stored(texts[0])

    async def test_an_interrupted_run_over_everything_is_continued_by_any_run(
        self, stored: Stored, command: dict[str, Any]
    ) -> None:
        await store_agents(stored, [FETCHER] * 3, version=RULES_VERSION)
        await write_watermark(stored.connection, AGENTS, 1, version=RULES_VERSION, now=NOON)
        assert "Classified 2 user agents" in await reclassified(command)
        await write_watermark(stored.connection, AGENTS, 2, version=RULES_VERSION + 1, now=NOON)
        assert "Classified 3 user agents" in await reclassified(command, "--all")

    async def test_days_of_taps_go_on_too(self, stored: Stored, command: dict[str, Any]) -> None:
        for days in range(3):
            await stored.tap([NOON + timedelta(days=days)] * (MAX_TAPS + 1), link=uuid4())
        second = (NOON + timedelta(days=1)).date()
        await write_watermark(stored.connection, BURST_HISTORY, second, version=BURSTS_VERSION, now=NOON)
        assert f"Changed the burst flag of {2 * (MAX_TAPS + 1)} taps" in await reclassified(command)
        assert f"Changed the burst flag of {MAX_TAPS + 1} taps" in await reclassified(command)
        assert await stored.marked() == 3 * (MAX_TAPS + 1)

    async def test_wrong_marks_of_bursts_are_removed(self, stored: Stored, command: dict[str, Any]) -> None:
        await stored.tap([NOON], link=uuid4(), observed=BURST)
        await reclassified(command)
        assert await stored.marked() == 0

    async def test_two_runs_at_once_are_refused(self, stored: Stored, command: dict[str, Any]) -> None:
        async with exclusive_run(stored.connection) as alone:
            assert alone
            process = await started(command)
            printed, _ = await process.communicate()
        assert process.returncode == 1
        assert printed.decode() == "jaring: Another reclassification is running. Wait until it ends.\n"
        assert await stored.value("SELECT pg_try_advisory_lock(%s)", (AdvisoryLock.RECLASSIFY,))

    async def until(self, stored: Stored, statement: str, number: int) -> None:
        async with asyncio.timeout(PROMPTLY):
            while await stored.value(statement) != number:
                await asyncio.sleep(0.02)


async def test_channel_groups_follow_the_rules_when_these_have_changed(
    own_database: str, stored: Stored, command: dict[str, Any]
) -> None:
    engine = make_engine(own_database, pool_size=1, statement_timeout_seconds=15)
    async with make_sessions(engine)() as session, session.begin():
        world = await build_world(session, now=NOON)
        story = build_link(
            campaign=world.campaign,
            channel_id=world.channel.id,
            slug="story",
            channel_group="unassigned",
            created_at=NOON,
        )
        session.add(story)
    await engine.dispose()
    group = f"SELECT channel_group FROM {Link.__tablename__}"
    assert "channel group of 1 links" in await reclassified(command)
    assert await stored.value(group) == "organic_social"
    await stored.connection.execute("UPDATE links SET channel_group = 'email'")
    # These rules have been through already; only a run over everything looks again.
    assert "channel group of 0 links" in await reclassified(command)
    assert "channel group of 1 links" in await reclassified(command, "--all")
    await stored.connection.execute("UPDATE links SET channel_group = 'email'")
    await write_watermark(stored.connection, CHANNEL_GROUPS, None, version=GROUPING_VERSION - 1, now=NOON)
    assert "channel group of 1 links" in await reclassified(command)
    assert await read_version(stored.connection, CHANNEL_GROUPS) == GROUPING_VERSION
