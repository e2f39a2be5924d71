"""Uniform taps: what a program makes slowly, from one address and as one kind of device; and people who resemble it."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from campaigns.clicks.bots.bursts import mark_next_step
from campaigns.clicks.bots.uniform_taps import (
    JUDGED_EVERY,
    MAX_TAPS,
    MAX_TAPS_OF_ALL_KINDS,
    SPAN,
    is_due,
    mark_uniform_taps,
)
from campaigns.clicks.types import RequestFlag
from campaigns.clicks.visitors import NETWORK_SHIFT
from tests.database.clicks.stored import Stored

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
TOO_MANY = MAX_TAPS + 1


@dataclass(frozen=True)
class Visitors:
    """So many taps in half an hour from one address, as so many kinds of device; the first has this share."""

    name: str
    taps: int
    kinds: int
    share: float
    marked: float


# docs/decisions/0008 shows the same table.
VISITORS = (
    Visitors("a hall of 1,000 pupils, all with one model", 1000, 1, 1.0, 0),
    Visitors("1,500 taps from a school, nine in ten with the commonest phone", 1500, 12, 0.9, 0),
    Visitors("an in-app browser in the country: 2,000 taps, 19 in 20 of one kind", 2000, 6, 0.95, 0),
    Visitors("a carrier's shared address, 20 a second", 36_000, 40, 0.5, 0),
    Visitors("a program at 1 a second", 1800, 1, 1.0, 1),
    Visitors("a program at 5 a second, with a person in between", 9000, 2, 0.999, 0.999),
    Visitors("a program at 30 a second, whatever agents it claims", 54_000, 900, 0.002, 1),
    Visitors("a program at 5 a second that claims many agents", 9000, 900, 0.002, 0),
)


async def marked(stored: Stored, table: str = "clicks") -> int:
    statement = f"SELECT count(*) FROM {table} WHERE observed & %s <> 0"
    return int(await stored.value(statement, (RequestFlag.UNIFORM.value,)))


@pytest.mark.parametrize("visitors", VISITORS, ids=lambda visitors: visitors.name)
async def test_people_count_and_programs_do_not(stored: Stored, visitors: Visitors) -> None:
    first = round(visitors.taps * visitors.share)
    kinds = [0] * first + [1 + place % max(1, visitors.kinds - 1) for place in range(visitors.taps - first)]
    random.Random(8).shuffle(kinds)
    taps = [(NOON + SPAN * place / visitors.taps, 7 << NETWORK_SHIFT | kind) for place, kind in enumerate(kinds)]
    await stored.tap_each(taps, link=uuid4())
    await mark_uniform_taps(stored.connection, since=NOON, until=NOON + MILLISECOND)
    assert await marked(stored) == round(visitors.marked * visitors.taps)


async def test_each_address_link_and_half_hour_is_counted_alone(stored: Stored) -> None:
    for link, visitor, at in (
        (uuid4(), 1 << NETWORK_SHIFT, NOON),
        (uuid4(), 2 << NETWORK_SHIFT, NOON),
        (uuid4(), 1 << NETWORK_SHIFT, NOON + SPAN - MILLISECOND),
    ):
        await stored.tap([at] * (TOO_MANY // 2), link=link, visitor=visitor)
    link = uuid4()
    await stored.tap([NOON + SPAN - MILLISECOND] * (TOO_MANY - 1), link=link)
    await stored.tap([NOON + SPAN], link=link)
    assert await mark_uniform_taps(stored.connection, since=NOON, until=NOON + SPAN) == 0
    await stored.tap([NOON], link=link)
    assert await mark_uniform_taps(stored.connection, since=NOON, until=NOON + SPAN) == TOO_MANY


async def test_all_phones_of_an_ipv6_network_are_one_address(stored: Stored) -> None:
    """Whoever has a /48 has 65,536 addresses; `visitors` says how they are hashed."""
    taps = [(NOON, 5 << NETWORK_SHIFT | place << 10 | 3) for place in range(TOO_MANY)]
    await stored.tap_each(taps, link=uuid4())
    assert await mark_uniform_taps(stored.connection, since=NOON, until=NOON) == TOO_MANY


async def test_taps_on_unknown_links_are_counted_for_all_slugs_together(stored: Stored) -> None:
    await stored.tap_unknown([NOON] * TOO_MANY)
    assert await mark_uniform_taps(stored.connection, since=NOON, until=NOON) == TOO_MANY
    assert await marked(stored, "orphan_taps") == TOO_MANY


async def test_a_round_judges_the_whole_half_hour_and_takes_back_a_wrong_mark(stored: Stored) -> None:
    link = uuid4()
    begun = NOON + SPAN / 2 + timedelta(minutes=1)
    await mark_next_step(stored.connection, now=begun)
    await stored.tap([NOON] * TOO_MANY, link=link)
    await mark_next_step(stored.connection, now=begun + JUDGED_EVERY - timedelta(minutes=2))
    assert await marked(stored) == 0, "not every round"
    await mark_next_step(stored.connection, now=begun + JUDGED_EVERY - timedelta(minutes=1))
    assert await marked(stored) == TOO_MANY
    await stored.tap([NOON] * 100, link=link, visitor=2)
    await mark_uniform_taps(stored.connection, since=NOON, until=NOON)
    assert await marked(stored) == 0


async def test_the_limit_of_all_kinds_is_the_most_that_counts(stored: Stored) -> None:
    link = uuid4()
    taps = [(NOON, place % 900) for place in range(MAX_TAPS_OF_ALL_KINDS)]
    await stored.tap_each(taps, link=link)
    assert await mark_uniform_taps(stored.connection, since=NOON, until=NOON) == 0
    await stored.tap([NOON], link=link)
    assert await mark_uniform_taps(stored.connection, since=NOON, until=NOON) == MAX_TAPS_OF_ALL_KINDS + 1


@pytest.mark.parametrize(
    ("since", "until", "due"), [(0, 299, False), (299, 300, True), (300, 599, False), (10, 1800, True), (0, 0, False)]
)
def test_a_round_that_passes_full_five_minutes_judges(since: int, until: int, due: bool) -> None:
    assert is_due(NOON + timedelta(seconds=since), NOON + timedelta(seconds=until)) == due
