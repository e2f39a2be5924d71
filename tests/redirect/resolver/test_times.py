"""How long the resolver keeps what it knows, by a clock that stands still until it is set."""

from datetime import UTC, datetime

import pytest

from campaigns.links.resolver import resolver as resolver_module
from campaigns.links.resolver.resolver import LinkResolver
from campaigns.links.resolver.snapshot import SnapshotWriter
from tests.redirect.resolver.look_ups import Counted, a_few_turns, resolver_of


class Clock:
    """Takes the place of the module `time`; soon after the start of the machine."""

    def __init__(self) -> None:
        self.now = 0.5

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(resolver_module, "time", clock)
    return clock


async def refreshes(resolver: LinkResolver, counted: Counted) -> bool:
    """Whether serving the cached entry begins a look-up of it."""
    asked = counted.asked
    assert resolver.cached("abc") is not None
    await a_few_turns()
    return counted.asked > asked


async def test_an_unknown_slug_is_looked_up_again_after_five_seconds(counted: Counted, clock: Clock) -> None:
    resolver, asked = resolver_of(counted), []
    for seconds in (0.5, 5.5, 5.75):
        clock.now = seconds
        assert await resolver.resolve("nope") is None
        asked.append(counted.asked)
    assert asked == [1, 1, 2]


async def test_a_link_is_refreshed_after_the_time_it_is_kept(counted: Counted, clock: Clock) -> None:
    resolver = resolver_of(counted, seconds=30)
    await resolver.resolve("abc")
    clock.now = 30.5
    assert not await refreshes(resolver, counted)
    clock.now = 30.75
    assert await refreshes(resolver, counted)


async def test_a_refresh_that_failed_is_tried_again_after_a_second(counted: Counted, clock: Clock) -> None:
    resolver = resolver_of(counted, seconds=30)
    await resolver.resolve("abc")
    counted.broken = True
    clock.now = 31.0
    assert await refreshes(resolver, counted)
    clock.now = 32.0
    assert not await refreshes(resolver, counted)
    clock.now = 32.25
    assert await refreshes(resolver, counted)


async def test_a_link_of_the_snapshot_is_looked_up_again_after_a_second(counted: Counted, clock: Clock) -> None:
    writer = SnapshotWriter(counted.snapshot, counted)
    await writer.write(datetime(2026, 11, 23, 5, tzinfo=UTC))
    await writer.close()
    counted.broken = True
    resolver = resolver_of(counted, seconds=30)
    assert await resolver.resolve("abc") is not None
    clock.now = 1.5
    assert not await refreshes(resolver, counted)
    clock.now = 1.75
    assert await refreshes(resolver, counted)
