"""The parts of a reclassification one batch at a time: which rows, in which order, counted and remembered how."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from campaigns.acquisition.channel_groups import GROUPING_VERSION
from campaigns.clicks.bots.bursts import BURSTS_VERSION, MAX_TAPS, lock_marking
from campaigns.clicks.bots.classifier import RULES_VERSION, classify_user_agent
from campaigns.clicks.bots.reclassify import ReclassifyResult, ReclassifyStep, reclassify, request_all
from campaigns.clicks.types import BotReason, RequestFlag
from campaigns.clicks.watermarks import (
    AGENTS,
    BURST_HISTORY,
    BURSTS,
    CHANNEL_GROUPS,
    read_version,
    read_watermark,
    read_with_time,
    write_watermark,
)
from campaigns.kit.ids import uuid7_at
from tests.database.clicks.stored import Stored
from tests.redirect.taps import store_link

NOW = datetime(2026, 11, 25, 5, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BURST = MAX_TAPS + 1
ROBOT = "facebookexternalhit/1.1"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546E) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0.0.0 Mobile Safari/537.36"
)
NO_REASON, NOTHING = BotReason(0), RequestFlag(0)
AS_OF_A_PHONE = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING


def parts(stored: Stored, changed: ReclassifyResult | None = None) -> AsyncIterator[ReclassifyStep]:
    return reclassify(stored.connection, changed=changed or ReclassifyResult(), now=NOW)


async def run(stored: Stored) -> tuple[ReclassifyResult, dict[str, tuple[int, list[int]]]]:
    """The counts of a whole run; and for each part the steps it announced, and those it made."""
    changed, made = ReclassifyResult(), dict[str, tuple[int, list[int]]]()
    async for part in parts(stored, changed):
        made[part.label] = (part.steps, [done async for done in part.doing])
    return changed, made


async def first_step(stored: Stored, label: str) -> None:
    """One step of one part, after which the run is killed."""
    async for part in parts(stored):
        if part.label == label:
            assert await anext(part.doing)
            return
    raise AssertionError(f"there is no part {label}")


async def store_agent(
    stored: Stored,
    number: int,
    text: str = ROBOT,
    *,
    reasons: BotReason = NO_REASON,
    expects: RequestFlag = NOTHING,
    version: int = 0,
) -> None:
    await stored.connection.execute(
        "INSERT INTO agents (id, text, reasons, expects, device, rules_version, first_seen_at)"
        " VALUES (%s, %s, %s, %s, 'other', %s, now())",
        (number, text, reasons.value, expects.value, version),
    )


async def versions(stored: Stored) -> dict[int, int]:
    cursor = await stored.connection.execute("SELECT id, rules_version FROM agents WHERE id <> 0 ORDER BY id")
    return dict(await cursor.fetchall())


@pytest.fixture
async def without_indexes(stored: Stored) -> None:
    """Rows come in the order they were stored in, unless a statement asks for another."""
    for kind in ("indexscan", "bitmapscan", "indexonlyscan"):
        await stored.connection.execute(f"SET enable_{kind} = off".encode())


async def test_a_database_without_taps_has_nothing_to_change(stored: Stored) -> None:
    changed, made = await run(stored)
    assert changed == ReclassifyResult(0, 0, 0, 0, 0, 0, 0)
    assert made == {"User agents": (0, []), "Days of taps": (0, []), "Links": (0, [])}


class TestAgents:
    async def test_come_in_batches_of_500_in_the_order_of_their_ids(
        self, stored: Stored, without_indexes: None
    ) -> None:
        await stored.connection.execute(
            "INSERT INTO agents (id, text, device, rules_version, first_seen_at)"
            " SELECT 1001 - number, %s || number, 'other', 0, now() FROM generate_series(0, 1000) AS number",
            (ROBOT,),
        )
        await store_agent(stored, -7)
        changed, made = await run(stored)
        assert made["User agents"] == (1002, [500, 500, 2])
        assert (changed.judged, changed.flagged) == (1002, 1002)
        assert set((await versions(stored)).values()) == {RULES_VERSION}

    async def test_are_those_of_other_rules(self, stored: Stored) -> None:
        await store_agent(stored, 1, version=RULES_VERSION)
        await store_agent(stored, 2, version=RULES_VERSION - 1)
        await store_agent(stored, 3, version=RULES_VERSION + 1)
        changed, made = await run(stored)
        assert made["User agents"] == (2, [2])
        assert await stored.value("SELECT reasons FROM agents WHERE id = 1") == 0
        assert await read_watermark(stored.connection, AGENTS, version=RULES_VERSION) is None
        assert await read_version(stored.connection, AGENTS) == RULES_VERSION
        assert (changed.judged, changed.flagged) == (2, 2)

    async def test_of_a_run_over_everything_are_those_after_its_position(self, stored: Stored) -> None:
        for number in (1, 2, 3):
            await store_agent(stored, number, version=RULES_VERSION)
        await write_watermark(stored.connection, AGENTS, 2, version=RULES_VERSION, now=NOW)
        _, made = await run(stored)
        assert made["User agents"] == (1, [1])
        assert await stored.value("SELECT array_agg(id ORDER BY id) FROM agents WHERE reasons <> 0") == [3]

    async def test_a_killed_run_over_everything_leaves_its_position(self, stored: Stored) -> None:
        for number in range(1, 502):
            await store_agent(stored, number, version=RULES_VERSION)
        await request_all(stored.connection, now=NOW)
        await first_step(stored, "User agents")
        assert await read_watermark(stored.connection, AGENTS, version=RULES_VERSION) == 500
        await request_all(stored.connection, now=NOW)  # goes on with it
        _, made = await run(stored)
        assert made["User agents"] == (1, [1])
        assert await read_watermark(stored.connection, AGENTS, version=RULES_VERSION) is None

    async def test_a_killed_run_over_those_of_other_rules_leaves_no_position(self, stored: Stored) -> None:
        await store_agent(stored, 1)
        await first_step(stored, "User agents")
        assert await read_watermark(stored.connection, AGENTS, version=RULES_VERSION) is None
        await store_agent(stored, -1)
        _, made = await run(stored)
        assert made["User agents"] == (1, [1])

    async def test_agents_with_the_same_verdict_keep_their_row(self, stored: Stored) -> None:
        await store_agent(stored, 1)
        await run(stored)
        before = await stored.value("SELECT xmin::text FROM agents WHERE id = 1")
        await request_all(stored.connection, now=NOW)
        changed, _ = await run(stored)
        assert await stored.value("SELECT xmin::text FROM agents WHERE id = 1") == before
        assert changed == ReclassifyResult(judged=1)

    async def test_counts_of_agents_tell_robots_from_people(self, stored: Stored) -> None:
        verdict = classify_user_agent(ROBOT)
        phone = classify_user_agent(PHONE)
        await store_agent(stored, 1)  # now a robot
        await store_agent(
            stored, 2, reasons=BotReason.AUTOMATED, expects=verdict.expects
        )  # still one, for another reason
        await store_agent(stored, 3, reasons=verdict.reasons, expects=verdict.expects)  # the same as before
        await store_agent(stored, 4, PHONE, reasons=BotReason.CRAWLER)  # now a person
        await store_agent(stored, 5, PHONE)  # still a person, of whom more is expected
        await store_agent(stored, 6, PHONE, expects=phone.expects, reasons=BotReason.CRAWLER)
        changed, _ = await run(stored)
        assert (changed.judged, changed.flagged, changed.unflagged) == (6, 1, 2)
        assert await stored.value("SELECT array_agg(reasons ORDER BY id) FROM agents WHERE id <> 0") == [
            *[verdict.reasons.value] * 3,
            *[0] * 3,
        ]

    async def test_counts_of_taps_are_of_those_whose_standing_changed(self, stored: Stored) -> None:
        verdict, phone = classify_user_agent(ROBOT), classify_user_agent(PHONE)
        await store_agent(stored, 1)
        await store_agent(stored, 2, reasons=BotReason.AUTOMATED, expects=verdict.expects)
        await store_agent(stored, 3, PHONE, reasons=BotReason.CRAWLER, expects=phone.expects)
        await store_agent(stored, 4, PHONE, expects=RequestFlag.ACCEPT)
        # By agent: taps of a person, and HEAD requests, which were none and are none.
        for agent, of_people, of_robots in ((1, 3, 1), (2, 5, 0), (3, 7, 2), (4, 11, 4), (0, 13, 0)):
            for taps, more in ((of_people, NOTHING), (of_robots, RequestFlag.HEAD)):
                observed = (AS_OF_A_PHONE | more).value
                await stored.tap([NOON] * taps, link=uuid4(), agent_id=agent, observed=observed)
        changed, _ = await run(stored)
        assert (changed.taps_filtered, changed.taps_restored) == (3, 7)

    async def test_two_runs_on_one_connection_count_for_themselves(self, stored: Stored) -> None:
        await store_agent(stored, 1)
        await stored.tap([NOON], link=uuid4(), agent_id=1)
        first, _ = await run(stored)
        second, _ = await run(stored)
        assert (first.taps_filtered, second.taps_filtered) == (1, 0)


class TestDays:
    """From midnight to midnight in UTC, whatever the time zone of the connection is."""

    @pytest.fixture(autouse=True)
    async def elsewhere(self, stored: Stored) -> None:
        await stored.connection.execute("SET TimeZone = 'Asia/Jakarta'")

    async def test_from_the_first_tap_to_the_last(self, stored: Stored) -> None:
        early = datetime(2026, 11, 22, 0, 0, tzinfo=UTC)
        late = datetime(2026, 11, 24, 23, 59, 59, 990000, tzinfo=UTC)
        for moment in (early, late):
            await stored.tap([moment] * BURST, link=uuid4())
        changed, made = await run(stored)
        assert made["Days of taps"] == (3, [1, 1, 1])
        assert (changed.burst_marks, await stored.marked()) == (2 * BURST, 2 * BURST)

    async def test_taps_on_unknown_links_have_days_too(self, stored: Stored) -> None:
        await stored.tap([NOON], link=uuid4())
        await stored.tap_unknown([NOON + 2 * DAY] * BURST)
        changed, made = await run(stored)
        assert made["Days of taps"] == (3, [1, 1, 1])
        assert changed.burst_marks == BURST

    async def test_one_at_a_time_and_remembered(self, stored: Stored) -> None:
        links = [uuid4(), uuid4(), uuid4()]
        for days, link in enumerate(links):
            await stored.tap([NOON + days * DAY] * BURST, link=link)
        await first_step(stored, "Days of taps")
        assert [await stored.marked(link=link) for link in links] == [BURST, 0, 0]
        position = await read_watermark(stored.connection, BURST_HISTORY, version=BURSTS_VERSION)
        assert position == date(2026, 11, 24)
        changed, made = await run(stored)
        assert made["Days of taps"] == (2, [1, 1])
        assert changed.burst_marks == 2 * BURST
        assert await read_watermark(stored.connection, BURST_HISTORY, version=BURSTS_VERSION) is None
        assert await read_version(stored.connection, BURST_HISTORY) == BURSTS_VERSION

    async def test_a_position_before_the_first_tap_adds_no_day(self, stored: Stored) -> None:
        await stored.tap([NOON], link=uuid4())
        await write_watermark(stored.connection, BURST_HISTORY, date(2026, 1, 1), version=BURSTS_VERSION, now=NOW)
        _, made = await run(stored)
        assert made["Days of taps"] == (1, [1])

    async def test_wait_for_another_that_is_marking(self, stored: Stored) -> None:
        await stored.tap([NOON], link=uuid4())
        await stored.connection.execute("SET lock_timeout = '50ms'")
        async with await psycopg.AsyncConnection.connect(stored.conninfo) as other:
            await lock_marking(other)
            with pytest.raises(psycopg.errors.LockNotAvailable):
                await first_step(stored, "Days of taps")
            await other.rollback()
        await first_step(stored, "Days of taps")
        assert await read_watermark(stored.connection, BURSTS) is None  # the rounds go on where they were


class TestLinks:
    @pytest.fixture
    async def links(self, own_database: str, stored: Stored) -> list[UUID]:
        """501 links without a channel group, stored in the reverse order of their ids, which are returned."""
        one = await store_link(own_database)
        columns = "campaign_id, channel_id, name, destination, utm_source, utm_medium, utm_campaign, state, created_at"
        ids = [uuid7_at(1_795_000_000_000 + place) for place in range(501)]
        async with stored.connection.cursor() as cursor:
            await cursor.executemany(
                f"INSERT INTO links (id, slug, channel_group, {columns})"
                f" SELECT %s, %s, 'unassigned', {columns} FROM links WHERE id = %s".encode(),
                [(link_id, f"link-{link_id}", one.id) for link_id in reversed(ids)],
            )
        await stored.connection.execute("DELETE FROM links WHERE id = %s", (one.id,))
        return ids

    async def wrong(self, stored: Stored) -> int:
        return int(await stored.value("SELECT count(*) FROM links WHERE channel_group <> 'organic_social'"))

    async def test_come_in_batches_of_500_in_the_order_of_their_ids(
        self, stored: Stored, links: list[UUID], without_indexes: None
    ) -> None:
        changed, made = await run(stored)
        assert made["Links"] == (501, [500, 1])
        assert (changed.links, await self.wrong(stored)) == (501, 0)
        assert await read_watermark(stored.connection, CHANNEL_GROUPS, version=GROUPING_VERSION) is None
        assert await read_version(stored.connection, CHANNEL_GROUPS) == GROUPING_VERSION

    async def test_a_killed_run_is_continued(self, stored: Stored, links: list[UUID]) -> None:
        await first_step(stored, "Links")
        position = await read_watermark(stored.connection, CHANNEL_GROUPS, version=GROUPING_VERSION)
        assert (position, await self.wrong(stored)) == (links[499], 1)
        await request_all(stored.connection, now=NOW)  # goes on with it
        changed, made = await run(stored)
        assert (made["Links"], changed.links, await self.wrong(stored)) == ((1, [1]), 1, 0)

    async def test_those_in_the_right_group_are_not_written(self, stored: Stored, links: list[UUID]) -> None:
        await stored.connection.execute("UPDATE links SET channel_group = 'organic_social' WHERE id <> %s", links[:1])
        before = await stored.value("SELECT max(xmin::text::bigint) FROM links")
        changed, _ = await run(stored)
        assert changed.links == 1
        assert await stored.value("SELECT max(xmin::text::bigint) FROM links WHERE id <> %s", links[:1]) == before

    async def test_are_left_alone_once_these_rules_have_been_through(self, stored: Stored, links: list[UUID]) -> None:
        await run(stored)
        _, made = await run(stored)
        assert "Links" not in made
        await request_all(stored.connection, now=NOW)
        _, made = await run(stored)
        assert made["Links"] == (501, [500, 1])

    async def test_other_rules_begin_with_the_first(self, stored: Stored, links: list[UUID]) -> None:
        version = GROUPING_VERSION - 1
        await write_watermark(stored.connection, CHANNEL_GROUPS, links[250], version=version, now=NOW)
        _, made = await run(stored)
        assert made["Links"] == (501, [500, 1])


async def test_a_request_for_everything_begins_before_the_first(stored: Stored) -> None:
    await request_all(stored.connection, now=NOW)
    assert await read_watermark(stored.connection, AGENTS, version=RULES_VERSION) == -(2**63)
    assert await read_watermark(stored.connection, CHANNEL_GROUPS, version=GROUPING_VERSION) == UUID(int=0)
    kept = await read_with_time(stored.connection, AGENTS)
    await request_all(stored.connection, now=NOW + DAY)
    assert await read_with_time(stored.connection, AGENTS) == kept
