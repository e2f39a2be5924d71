"""The resolver's cache: entries, shared look-ups, and its use while PostgreSQL is unreachable."""

import asyncio
import gc
from typing import Any

import pytest

from campaigns.links.resolver import resolver as resolver_module
from campaigns.links.resolver.resolver import LinkResolver, LookupFailed
from tests.redirect.resolver.look_ups import Counted, a_few_turns, add_links, change, resolver_of


async def test_many_at_once_share_one_look_up(counted: Counted) -> None:
    resolver = resolver_of(counted)
    found = await asyncio.gather(*(resolver.resolve("abc") for _ in range(20)))
    assert (len({id(target) for target in found}), counted.asked) == (1, 1)
    assert resolver.cached("abc") is found[0]


async def test_slugs_that_are_asked_for_during_a_look_up_share_the_next(counted: Counted) -> None:
    resolver = resolver_of(counted)
    counted.answering.clear()
    pending = [asyncio.create_task(resolver.resolve("abc"))]
    while not counted.asked:
        await asyncio.sleep(0)
    for number in range(65):
        await asyncio.sleep(0)
        pending.append(asyncio.create_task(resolver.resolve(f"unknown-{number}")))
    await asyncio.sleep(0)
    assert counted.asked == 1
    counted.answering.set()
    found = await asyncio.gather(*pending)
    assert [target is not None for target in found] == [True] + [False] * 65
    assert counted.asked == 3  # the first, the 64 that one query takes, and the rest


async def test_a_request_that_goes_away_does_not_end_the_look_up_of_others(counted: Counted) -> None:
    resolver = resolver_of(counted)
    counted.answering.clear()
    gone, staying = (asyncio.create_task(resolver.resolve("abc")) for _ in range(2))
    while not counted.asked:
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    counted.answering.set()
    assert await staying is not None
    target = resolver.cached("abc")
    assert target is not None
    counted.answering.clear()
    gone, staying = (asyncio.create_task(resolver.recent("abc", target)) for _ in range(2))
    while counted.asked < 2:
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    counted.answering.set()
    assert await staying is not target


async def test_a_postgresql_that_hangs_is_not_waited_for(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = resolver_of(counted)
    target = await resolver.resolve("abc")
    assert target is not None
    monkeypatch.setattr(resolver_module, "LOOK_UP_SECONDS", 0.05)
    counted.answering.clear()
    assert await resolver.recent("abc", target) is target
    with pytest.raises(LookupFailed):
        await resolver.resolve("never-seen")


async def test_a_new_link_is_found_as_soon_as_it_is_announced(counted: Counted) -> None:
    resolver = resolver_of(counted)
    assert await resolver.resolve("later") is None
    await change(counted, "UPDATE links SET slug = 'later'")
    assert await resolver.resolve("later") is None  # remembered as unknown
    resolver.forget("later")
    assert await resolver.resolve("later") is not None


async def test_unknown_slugs_are_remembered_for_a_while(counted: Counted) -> None:
    resolver = resolver_of(counted)
    assert [await resolver.resolve("nope"), await resolver.resolve("nope")] == [None, None]
    assert counted.asked == 1


async def test_an_old_entry_is_served_and_refreshed_in_the_background(counted: Counted) -> None:
    resolver = resolver_of(counted, seconds=0)
    await resolver.resolve("abc")
    assert resolver.cached("abc") is not None
    while counted.asked < 2:
        await asyncio.sleep(0.01)
    assert counted.asked == 2


async def test_an_old_entry_outlives_postgresql(counted: Counted) -> None:
    resolver = resolver_of(counted, seconds=0)
    target = await resolver.resolve("abc")
    assert target is not None
    counted.broken = True
    for _ in range(3):
        assert resolver.cached("abc") is target
        await asyncio.sleep(0.01)
    resolver.invalidate_all()
    assert resolver.cached("abc") is None
    assert await resolver.resolve("abc") is target  # asked, got no answer, served what was known
    assert resolver.cached("abc") is target


async def test_without_memory_and_postgresql_there_is_no_answer(counted: Counted) -> None:
    resolver = resolver_of(counted)
    counted.broken = True
    with pytest.raises(LookupFailed):
        await resolver.resolve("abc")


async def test_a_look_up_overtaken_by_a_change_is_not_cached(counted: Counted) -> None:
    await add_links(counted, "second")
    resolver = resolver_of(counted)
    pending = [asyncio.create_task(resolver.resolve(slug)) for slug in ("abc", "second")]
    await asyncio.sleep(0)
    resolver.forget("abc")
    assert None not in await asyncio.gather(*pending)
    assert [resolver.cached(slug) is not None for slug in ("abc", "second")] == [False, True]


async def test_memory_is_bounded(counted: Counted) -> None:
    resolver = resolver_of(counted, most=1)
    await resolver.resolve("abc")
    assert resolver.cached("abc") is not None
    await add_links(counted, "second")
    await resolver.resolve("second")
    assert (resolver.cached("abc"), resolver.cached("second") is not None) == (None, True)


async def test_slugs_that_are_asked_for_in_one_turn_share_one_look_up(counted: Counted) -> None:
    await add_links(counted, "second")
    resolver = resolver_of(counted)
    first = asyncio.create_task(resolver.resolve("abc"))
    await asyncio.sleep(0)  # the look-up is about to begin
    found = await asyncio.gather(first, asyncio.create_task(resolver.resolve("second")))
    assert None not in found
    assert counted.asked == 1


async def test_an_entry_that_is_looked_up_again_is_the_newest(counted: Counted) -> None:
    await add_links(counted, "second", "third")
    resolver = resolver_of(counted, most=2)
    one, other = await resolver.resolve("abc"), await resolver.resolve("second")
    assert one is not None
    assert other is not None
    await resolver.recent("second", other)
    assert resolver.cached("abc") is one  # it took no place but its own
    await resolver.recent("abc", one)
    await resolver.resolve("third")
    assert [resolver.cached(slug) is not None for slug in ("abc", "second", "third")] == [True, False, True]


async def test_the_memory_of_unknown_slugs_is_bounded(counted: Counted) -> None:
    resolver = LinkResolver(counted, counted.snapshot, link_kept_seconds=30, max_links=100, max_unknown=2)
    for slug in ("one", "two", "three", "two", "three"):
        assert await resolver.resolve(slug) is None
    assert counted.asked == 3
    assert await resolver.resolve("one") is None
    assert counted.asked == 4


async def test_while_postgresql_hangs_no_more_slugs_wait_than_the_next_look_ups_take(counted: Counted) -> None:
    resolver = LinkResolver(counted, counted.snapshot, link_kept_seconds=30, max_links=100, max_waiting=2)
    counted.answering.clear()
    under_way = asyncio.create_task(resolver.resolve("abc"))
    await a_few_turns()
    waiting = [asyncio.create_task(resolver.resolve(slug)) for slug in ("one", "two")]
    await a_few_turns()
    with pytest.raises(LookupFailed):
        await resolver.resolve("three")
    counted.answering.set()
    assert await under_way is not None
    assert await asyncio.gather(*waiting) == [None, None]
    assert await resolver.resolve("three") is None


async def test_a_link_that_was_changed_is_looked_up_before_it_is_served(counted: Counted) -> None:
    resolver = resolver_of(counted)
    await resolver.resolve("abc")
    await change(counted, "UPDATE links SET destination = 'https://daftar.example/moved'")
    resolver.forget("abc")
    assert resolver.cached("abc") is None
    target = await resolver.resolve("abc")
    assert target is not None
    assert target.default.prefix == b"https://daftar.example/moved?"


async def test_when_changes_may_have_been_missed_a_slug_is_unknown_no_more(counted: Counted) -> None:
    resolver = resolver_of(counted)
    assert await resolver.resolve("later") is None
    await add_links(counted, "later")
    resolver.invalidate_all()
    assert await resolver.resolve("later") is not None


async def test_a_link_that_is_gone_is_unknown_from_then_on(counted: Counted) -> None:
    resolver = resolver_of(counted)
    target = await resolver.resolve("abc")
    assert target is not None
    await change(counted, "UPDATE links SET slug = 'other'")
    assert await resolver.recent("abc", target) is target  # for a page that is being made
    assert resolver.cached("abc") is None
    assert await resolver.resolve("abc") is None
    assert counted.asked == 2


async def test_facts_of_another_release_fail_no_other_link(counted: Counted) -> None:
    await add_links(counted, "second")
    await change(counted, "UPDATE links SET rules = '[{}]' WHERE slug = 'abc'")
    resolver = resolver_of(counted)
    outcomes = await asyncio.gather(resolver.resolve("abc"), resolver.resolve("second"), return_exceptions=True)
    assert isinstance(outcomes[0], LookupFailed)
    assert outcomes[1] is resolver.cached("second")
    assert counted.asked == 1
    await change(counted, "UPDATE links SET rules = '[]' WHERE slug = 'abc'")
    assert await resolver.resolve("abc") is not None


@pytest.mark.parametrize("facts", ["{}", "[]", "no JSON"])
async def test_a_snapshot_of_another_release_is_no_answer(counted: Counted, facts: str) -> None:
    counted.snapshot.write([("abc", facts)])
    counted.broken = True
    resolver = resolver_of(counted)
    with pytest.raises(LookupFailed):
        await resolver.resolve("abc")
    assert resolver.cached("abc") is None


@pytest.mark.parametrize("is_forgotten", [False, True])
async def test_a_look_up_that_failed_is_made_again(counted: Counted, is_forgotten: bool) -> None:
    await add_links(counted, "second")
    resolver = resolver_of(counted)
    counted.broken = True
    pending = [asyncio.create_task(resolver.resolve(slug)) for slug in ("abc", "second")]
    await asyncio.sleep(0)
    if is_forgotten:
        resolver.forget("abc")
    outcomes = await asyncio.gather(*pending, return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupFailed] * 2
    counted.broken = False
    for slug in ("abc", "second"):
        assert await resolver.resolve(slug) is not None
    assert counted.asked == 3


async def test_a_refresh_that_fails_is_not_reported_as_an_error_nobody_handled(counted: Counted) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    resolver = resolver_of(counted, seconds=-1)
    await resolver.resolve("abc")
    counted.broken = True
    assert resolver.cached("abc") is not None
    await a_few_turns()
    assert counted.asked == 2
    gc.collect()
    await a_few_turns()
    assert reported == []
