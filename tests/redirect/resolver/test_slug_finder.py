"""Slugs are found by their readings: in few queries, remembered within bounds, and never guessed."""

import asyncio

import pytest

from campaigns.links.resolver.resolver import LookupFailed
from campaigns.links.resolver.slug_finder import MAX_PATHS_PER_QUERY, SlugFinder, meant_slug
from tests.redirect.resolver.look_ups import Counted, a_few_turns, add_links, change


def reading(key: str, slug: str = "") -> tuple[tuple[str, str], ...]:
    return ((slug, key),)


async def test_all_that_is_asked_for_at_once_shares_a_query(counted: Counted) -> None:
    await add_links(counted, "ab-cd")
    finder = SlugFinder(counted)
    paths = [reading("abcd"), *(reading(f"x{number}") for number in range(MAX_PATHS_PER_QUERY - 1))]
    found = await asyncio.gather(*(finder.find(path) for path in paths * 2))
    assert [slug for slug in found if slug] == ["ab-cd"] * 2
    assert counted.asked == 1


async def test_what_was_found_is_kept_within_bounds(counted: Counted) -> None:
    finder = SlugFinder(counted, most_kept=2)
    for key in ("one", "one", "two", "two", "three", "one"):
        assert await finder.find(reading(key)) is None
    assert counted.asked == 4


async def test_nothing_is_asked_for_where_nothing_was_read(counted: Counted) -> None:
    assert await SlugFinder(counted).find(()) is None
    assert counted.asked == 0


async def test_all_that_wait_hear_of_a_failure_and_the_next_asks_again(counted: Counted) -> None:
    finder = SlugFinder(counted)
    counted.broken = True
    paths = [reading(f"x{number}") for number in range(3 * MAX_PATHS_PER_QUERY)]
    answers = await asyncio.gather(*(finder.find(path) for path in paths), return_exceptions=True)
    assert {type(answer) for answer in answers} == {LookupFailed}
    assert counted.asked == 1
    counted.broken = False
    assert await finder.find(paths[0]) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE links SET state = 'paused'",
        "UPDATE links SET state = 'draft'",
        "UPDATE links SET starts_at = '2999-01-01'",
        "UPDATE links SET ends_at = '2000-01-01'",
        "UPDATE campaigns SET state = 'draft'",
    ],
)
async def test_a_link_that_leads_nowhere_is_not_meant(counted: Counted, statement: str) -> None:
    await add_links(counted, "ab-cd", "a-bcd")
    assert await SlugFinder(counted).find(reading("abcd")) is None
    await change(counted, "DELETE FROM links WHERE slug = 'a-bcd'")
    assert await SlugFinder(counted).find(reading("abcd")) == "ab-cd"
    await change(counted, statement)
    assert await SlugFinder(counted).find(reading("abcd")) is None


async def test_what_comes_while_too_many_wait_is_asked_to_come_again(counted: Counted) -> None:
    finder = SlugFinder(counted, most_waiting=2)
    counted.answering.clear()
    waiting = [asyncio.create_task(finder.find(reading(key))) for key in ("one", "two")]
    await a_few_turns()
    with pytest.raises(LookupFailed):
        await finder.find(reading("three"))
    counted.answering.set()
    assert set(await asyncio.gather(*waiting)) == {None}


AB, OTHER = ("a-b", "ab", True), ("ab-", "ab", True)


@pytest.mark.parametrize(
    ("readings", "found", "meant"),
    [
        ((("", "ab"),), [AB], "a-b"),
        ((("", "ab"),), [("a-b", "ab", False)], None),
        ((("a-b", "ab"),), [("a-b", "ab", False)], "a-b"),
        ((("", "ab"),), [AB, OTHER], None),
        ((("a-b", "ab"),), [AB, OTHER], "a-b"),
        ((("", "ab"), ("c", "c")), [AB, ("c", "c", True)], None),
        ((("", "ab"), ("a-b", "ab")), [AB], "a-b"),
        ((("", "xy"),), [AB], None),
    ],
)
def test_only_the_one_link_that_can_be_meant_is(
    readings: tuple[tuple[str, str], ...], found: list[tuple[str, str, bool]], meant: str | None
) -> None:
    assert meant_slug(readings, found) == meant
