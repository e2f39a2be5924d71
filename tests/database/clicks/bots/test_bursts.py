"""Bursts: their first and last taps, their visitor and link, several processes, and late taps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from campaigns.clicks.bots import bursts
from campaigns.clicks.bots.bursts import (
    LOOK_BACK,
    MAX_TAPS,
    STEP,
    WITHIN,
    mark_bursts,
    mark_new_bursts,
    mark_next_step,
    note_late_taps,
)
from campaigns.clicks.visitors import NETWORK_SHIFT
from campaigns.clicks.watermarks import BURSTS, LATE_TAPS, WatermarkKey, read_watermark
from tests.database.clicks.stored import BURST, Stored, spread

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
HOUR, MILLISECOND = timedelta(hours=1), timedelta(milliseconds=1)
TOO_MANY = MAX_TAPS + 1


async def mark_all(stored: Stored) -> int:
    return await mark_bursts(stored.connection, since=NOON - HOUR, until=NOON + HOUR)


async def position(stored: Stored, key: WatermarkKey[datetime] = BURSTS) -> datetime | None:
    return await read_watermark(stored.connection, key)


class TestMarking:
    @pytest.mark.parametrize(
        ("taps", "over", "marked"),
        [
            (MAX_TAPS, timedelta(0), 0),
            (MAX_TAPS, WITHIN, 0),
            (TOO_MANY, timedelta(0), TOO_MANY),
            (TOO_MANY, WITHIN, TOO_MANY),
            (TOO_MANY, WITHIN + timedelta(milliseconds=20), 0),
            # A minute of it is no less of a burst.
            (6 * TOO_MANY, timedelta(seconds=59), 6 * TOO_MANY),
        ],
    )
    async def test_counts_taps_and_time(self, stored: Stored, taps: int, over: timedelta, marked: int) -> None:
        await stored.tap(spread(NOON, taps=taps, over=over), link=uuid4())
        assert await mark_all(stored) == marked
        assert await stored.marked() == marked

    async def test_only_taps_of_a_full_window_are_marked(self, stored: Stored) -> None:
        link = uuid4()
        burst = spread(NOON, taps=TOO_MANY, over=WITHIN)
        # Each lies within ten seconds of some of the burst, and in no window with MAX_TAPS others.
        before, after = NOON - timedelta(seconds=9), NOON + WITHIN + timedelta(seconds=9)
        await stored.tap([before, *burst, after], link=link)
        await mark_all(stored)
        cursor = await stored.connection.execute("SELECT clicked_at FROM clicks WHERE observed & %s = 0", (BURST,))
        assert {row[0] for row in await cursor.fetchall()} == {before, after}

    async def test_two_links_and_two_addresses_are_apart(self, stored: Stored) -> None:
        reel, story = uuid4(), uuid4()
        half = spread(NOON, taps=MAX_TAPS // 2 + 1, over=timedelta(seconds=2))
        one, other = 1 << NETWORK_SHIFT, 2 << NETWORK_SHIFT
        await stored.tap(half, link=reel, visitor=one)
        await stored.tap(half, link=reel, visitor=other)
        await stored.tap(half, link=story, visitor=one)
        assert await mark_all(stored) == 0
        # Another visitor of the same address.
        await stored.tap(half, link=reel, visitor=other + 5)
        assert await mark_all(stored) == 2 * len(half)
        assert await stored.marked(link=reel, visitor=one) == 0

    async def test_other_taps_of_the_visitor_during_a_burst_are_not_of_it(self, stored: Stored) -> None:
        reel, story = uuid4(), uuid4()
        await stored.tap(spread(NOON, taps=TOO_MANY, over=WITHIN), link=reel)
        await stored.tap([NOON + WITHIN / 4], link=story)
        await mark_all(stored)
        assert (await stored.marked(link=reel), await stored.marked(link=story)) == (TOO_MANY, 0)

    async def test_keeps_what_else_was_observed_and_marks_once(self, stored: Stored) -> None:
        link = uuid4()
        await stored.tap([NOON] * TOO_MANY, link=link, observed=0b1011100)
        assert [await mark_all(stored), await mark_all(stored)] == [TOO_MANY, 0]
        assert await stored.value("SELECT DISTINCT observed FROM clicks") == BURST | 0b1011100

    async def test_taps_on_unknown_links_are_judged_for_all_slugs_together(self, stored: Stored) -> None:
        await stored.tap_unknown([NOON] * TOO_MANY)
        await stored.tap_unknown([NOON] * MAX_TAPS, visitor=1 << NETWORK_SHIFT)
        assert await mark_all(stored) == TOO_MANY
        assert (
            await stored.value("SELECT count(*) FROM orphan_taps WHERE observed & %s <> 0 AND visitor = 1", (BURST,))
            == TOO_MANY
        )

    async def test_a_wrong_mark_is_removed(self, stored: Stored) -> None:
        await stored.tap([NOON], link=uuid4(), observed=BURST | 4)
        assert await mark_all(stored) == 1
        assert await stored.value("SELECT observed FROM clicks") == 4

    async def test_a_burst_across_the_border_is_seen_from_both_sides(self, stored: Stored) -> None:
        await stored.tap(spread(NOON - WITHIN / 2, taps=TOO_MANY, over=WITHIN), link=uuid4())
        assert await mark_bursts(stored.connection, since=NOON - HOUR, until=NOON) == MAX_TAPS / 2
        assert await mark_bursts(stored.connection, since=NOON, until=NOON + HOUR) == MAX_TAPS / 2 + 1
        assert await mark_bursts(stored.connection, since=NOON + MILLISECOND, until=NOON + HOUR) == 0

    async def test_taps_outside_the_range_keep_their_mark(self, stored: Stored) -> None:
        await stored.tap([NOON - MILLISECOND, NOON + HOUR], link=uuid4(), observed=BURST)
        assert await mark_bursts(stored.connection, since=NOON, until=NOON + HOUR) == 0
        assert await stored.marked() == 2

    async def test_a_burst_that_ends_with_the_first_tap_of_the_range_is_whole(self, stored: Stored) -> None:
        link = uuid4()
        await stored.tap([NOON - WITHIN], link=link)
        await stored.tap([NOON] * MAX_TAPS, link=link)
        assert await mark_bursts(stored.connection, since=NOON, until=NOON + HOUR) == MAX_TAPS

    async def test_a_burst_that_begins_with_the_last_tap_of_the_range_is_whole(self, stored: Stored) -> None:
        link = uuid4()
        await stored.tap([NOON - MILLISECOND], link=link)
        await stored.tap([NOON - MILLISECOND + WITHIN] * MAX_TAPS, link=link)
        assert await mark_bursts(stored.connection, since=NOON - HOUR, until=NOON) == 1

    async def test_the_range_begins_with_its_first_moment_and_ends_before_its_last(self, stored: Stored) -> None:
        await stored.tap(
            [NOON - MILLISECOND, NOON, NOON + HOUR - MILLISECOND, NOON + HOUR], link=uuid4(), observed=BURST
        )
        assert await mark_bursts(stored.connection, since=NOON, until=NOON + HOUR) == 2


class TestSteps:
    async def test_the_first_round_begins_two_minutes_ago(self, stored: Stored) -> None:
        first, second = uuid4(), uuid4()
        await stored.tap([NOON - timedelta(minutes=2)] * TOO_MANY, link=first)
        await stored.tap([NOON - timedelta(minutes=2) - MILLISECOND] * TOO_MANY, link=second)
        await mark_next_step(stored.connection, now=NOON)
        assert (await stored.marked(link=first), await stored.marked(link=second)) == (TOO_MANY, 0)

    async def test_a_step_is_of_half_an_hour(self, stored: Stored) -> None:
        await mark_next_step(stored.connection, now=NOON)
        for minutes in (30, 60):
            assert await mark_next_step(stored.connection, now=NOON + timedelta(minutes=61))
            assert await position(stored) == NOON + timedelta(minutes=minutes)
        assert not await mark_next_step(stored.connection, now=NOON + timedelta(minutes=61))

    @pytest.mark.parametrize(("seconds", "is_round"), [(0, False), (29.999, False), (30, True), (-1, True)])
    async def test_a_round_is_left_out_within_half_a_minute_of_another(
        self, stored: Stored, seconds: float, is_round: bool
    ) -> None:
        await mark_next_step(stored.connection, now=NOON)
        await stored.tap([NOON - timedelta(seconds=10)] * TOO_MANY, link=uuid4())
        await mark_next_step(stored.connection, now=NOON + timedelta(seconds=seconds))
        assert await stored.marked() == (TOO_MANY if is_round else 0)

    async def test_a_long_step_is_not_ended_by_the_limit_of_statements(self, stored: Stored) -> None:
        await stored.connection.execute("SET statement_timeout = '1min'")
        await stored.connection.execute("CREATE TABLE seen (setting text)")
        await stored.connection.execute(
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " INSERT INTO seen VALUES (current_setting('statement_timeout')); RETURN NULL; END $$"
        )
        await stored.connection.execute("CREATE TRIGGER noted BEFORE UPDATE ON clicks EXECUTE FUNCTION note()")
        await mark_next_step(stored.connection, now=NOON)
        assert await stored.value("SELECT setting FROM seen") == "0"
        assert await stored.value("SHOW statement_timeout") == "1min"

    async def test_late_taps_are_searched_at_once(self, stored: Stored) -> None:
        await mark_next_step(stored.connection, now=NOON)
        await stored.tap([NOON - HOUR] * TOO_MANY, link=uuid4())
        await note_late_taps(stored.connection, since=NOON - HOUR)
        assert await mark_next_step(stored.connection, now=NOON + timedelta(seconds=1))
        assert (await stored.marked(), await position(stored, LATE_TAPS)) == (TOO_MANY, None)

    async def test_begins_with_the_last_minutes_and_continues_from_there(self, stored: Stored) -> None:
        old, fresh, next_one = uuid4(), uuid4(), uuid4()
        await stored.tap([NOON - LOOK_BACK - timedelta(minutes=1)] * TOO_MANY, link=old)
        await stored.tap([NOON - timedelta(minutes=1)] * TOO_MANY, link=fresh)
        assert await mark_next_step(stored.connection, now=NOON) is False
        assert (await stored.marked(link=old), await stored.marked(link=fresh)) == (0, TOO_MANY)
        await stored.tap([NOON + timedelta(seconds=30)] * TOO_MANY, link=next_one)
        await mark_next_step(stored.connection, now=NOON + timedelta(minutes=1))
        assert await stored.marked(link=next_one) == TOO_MANY
        assert await position(stored) == NOON + timedelta(minutes=1)

    async def test_a_tap_stored_a_little_late_completes_its_burst(self, stored: Stored) -> None:
        link = uuid4()
        await stored.tap([NOON] * MAX_TAPS, link=link)
        await mark_next_step(stored.connection, now=NOON + timedelta(minutes=1))
        await stored.tap([NOON], link=link)
        await mark_next_step(stored.connection, now=NOON + timedelta(minutes=2))
        assert await stored.marked() == TOO_MANY

    async def test_catches_up_in_steps(self, stored: Stored) -> None:
        await mark_next_step(stored.connection, now=NOON)
        await stored.tap([NOON + HOUR] * TOO_MANY, link=uuid4())
        later = NOON + STEP * 3 + timedelta(minutes=5)
        rounds = 1
        while await mark_next_step(stored.connection, now=later):
            rounds += 1
        assert rounds == 4
        assert (await stored.marked(), await position(stored)) == (TOO_MANY, later)

    async def test_does_nothing_where_another_has_just_been(self, stored: Stored) -> None:
        await mark_next_step(stored.connection, now=NOON)
        assert await mark_next_step(stored.connection, now=NOON + timedelta(seconds=20)) is False
        assert await position(stored) == NOON

    async def test_continues_after_a_clock_was_set_back(self, stored: Stored) -> None:
        await mark_next_step(stored.connection, now=NOON + HOUR)
        assert await mark_next_step(stored.connection, now=NOON) is False
        assert await position(stored) == NOON

    async def test_does_not_wait_for_another_at_work(self, stored: Stored) -> None:
        await mark_next_step(stored.connection, now=NOON)
        async with await psycopg.AsyncConnection.connect(stored.conninfo) as other:
            await bursts.lock_marking(other)
            assert await mark_next_step(stored.connection, now=NOON + HOUR) is False
            await other.rollback()
        assert await position(stored) == NOON

    async def test_taps_drained_late_are_looked_at_when_their_storing_has_rewound(self, stored: Stored) -> None:
        await mark_next_step(stored.connection, now=NOON)
        then = NOON - 48 * HOUR
        async with stored.connection.transaction():
            await stored.tap([then] * TOO_MANY, link=uuid4())
            await note_late_taps(stored.connection, since=then)
        while await mark_next_step(stored.connection, now=NOON + timedelta(minutes=1)):
            pass
        assert await stored.marked() == TOO_MANY

    async def test_rewinding_goes_back_only(self, stored: Stored) -> None:
        for moment, first in ((NOON, NOON), (NOON + HOUR, NOON), (NOON - HOUR, NOON - HOUR)):
            await note_late_taps(stored.connection, since=moment)
            assert await position(stored, LATE_TAPS) == first

    async def test_storing_late_taps_does_not_wait_for_marking(self, stored: Stored) -> None:
        await mark_next_step(stored.connection, now=NOON)
        async with await psycopg.AsyncConnection.connect(stored.conninfo) as other:
            await bursts.lock_marking(other)
            await stored.connection.execute("SET lock_timeout = '1s'")
            await note_late_taps(stored.connection, since=NOON - HOUR)
            await other.rollback()
        assert await position(stored, LATE_TAPS) == NOON - HOUR

    async def test_taps_that_come_late_while_late_ones_are_marked_are_not_forgotten(
        self, stored: Stored, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await mark_next_step(stored.connection, now=NOON)
        await note_late_taps(stored.connection, since=NOON - HOUR)
        marked = bursts.mark_bursts

        async def meanwhile(connection: psycopg.AsyncConnection, *, since: datetime, until: datetime) -> int:
            changed = await marked(connection, since=since, until=until)
            async with await psycopg.AsyncConnection.connect(stored.conninfo) as other:
                await note_late_taps(other, since=NOON - HOUR / 2)
            return changed

        monkeypatch.setattr(bursts, "mark_bursts", meanwhile)
        await mark_next_step(stored.connection, now=NOON + timedelta(minutes=1))
        assert await position(stored, LATE_TAPS) == NOON - HOUR


async def test_several_processes_at_once_mark_everything(stored: Stored) -> None:
    begun = NOON - LOOK_BACK / 2
    for number in range(20):
        await stored.tap([begun + timedelta(seconds=number)] * TOO_MANY, link=uuid4())

    @asynccontextmanager
    async def connections() -> AsyncIterator[psycopg.AsyncConnection]:
        async with await psycopg.AsyncConnection.connect(stored.conninfo, autocommit=True) as opened:
            yield opened

    await asyncio.gather(*(mark_new_bursts(connections, now=NOON) for _ in range(4)))
    assert (await stored.marked(), await position(stored)) == (20 * TOO_MANY, NOON)


async def test_a_long_absence_is_caught_up_with_in_one_call(stored: Stored) -> None:
    await mark_next_step(stored.connection, now=NOON)
    await stored.tap([NOON + STEP * 3] * TOO_MANY, link=uuid4())

    @asynccontextmanager
    async def connections() -> AsyncIterator[psycopg.AsyncConnection]:
        yield stored.connection

    await mark_new_bursts(connections, now=NOON + STEP * 4)
    assert (await stored.marked(), await position(stored)) == (TOO_MANY, NOON + STEP * 4)
