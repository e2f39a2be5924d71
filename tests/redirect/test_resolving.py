"""The resolver's memory: what it keeps, for how long, and what it does while PostgreSQL is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest

from campaigns.links.models import Link
from campaigns.links.resolving import LinkResolver, LookUpFailed
from tests.redirect.conftest import Connections


class Counted:
    """Connections that count how often they were asked for, and that can be made to fail."""

    def __init__(self, connections: Connections) -> None:
        self.connections, self.asked, self.broken = connections, 0, False

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[psycopg.AsyncConnection]:
        self.asked += 1
        if self.broken:
            raise OSError
        async with self.connections() as connection:
            yield connection


@pytest.fixture
def counted(link: Link, connections: Connections) -> Counted:
    assert link.slug == "abc"
    return Counted(connections)


def resolver_of(counted: Counted, *, seconds: float = 30, most: int = 100) -> LinkResolver:
    return LinkResolver(counted, link_kept_seconds=seconds, most_links=most)


async def test_many_at_once_share_one_look_up(counted: Counted) -> None:
    resolver = resolver_of(counted)
    found = await asyncio.gather(*(resolver.resolve("abc") for _ in range(20)))
    assert (len({id(target) for target in found}), counted.asked) == (1, 1)
    assert resolver.cached("abc") is found[0]


async def test_unknown_slugs_are_remembered_for_a_while(counted: Counted) -> None:
    resolver = resolver_of(counted)
    assert [await resolver.resolve("nope"), await resolver.resolve("nope")] == [None, None]
    assert counted.asked == 1


async def test_an_old_entry_is_served_and_refreshed_in_the_background(counted: Counted) -> None:
    resolver = resolver_of(counted, seconds=0)
    await resolver.resolve("abc")
    assert resolver.cached("abc") is not None
    await asyncio.sleep(0.3)
    assert counted.asked == 2


async def test_an_old_entry_outlives_postgresql(counted: Counted) -> None:
    resolver = resolver_of(counted, seconds=0)
    await resolver.resolve("abc")
    counted.broken = True
    for _ in range(3):
        assert resolver.cached("abc") is not None
        await asyncio.sleep(0.01)
    resolver.distrust_all()
    assert resolver.cached("abc") is None
    assert await resolver.resolve("abc") is not None  # asked, got no answer, served what was known


async def test_without_memory_and_postgresql_there_is_no_answer(counted: Counted) -> None:
    resolver = resolver_of(counted)
    counted.broken = True
    with pytest.raises(LookUpFailed):
        await resolver.resolve("abc")


async def test_a_look_up_that_a_change_overtook_is_not_kept(counted: Counted) -> None:
    resolver = resolver_of(counted)
    pending = asyncio.create_task(resolver.resolve("abc"))
    await asyncio.sleep(0)
    resolver.forget("abc")
    assert await pending is not None
    assert resolver.cached("abc") is None


async def test_memory_is_bounded(counted: Counted) -> None:
    resolver = resolver_of(counted, most=1)
    await resolver.resolve("abc")
    resolver._known["other"] = resolver._known["abc"]
    resolver.forget("other")
    async with counted.connections() as connection:
        await connection.execute(
            "INSERT INTO links SELECT gen_random_uuid(), campaign_id, channel_id, name, 'second', destination,"
            " utm_source, utm_medium, utm_campaign, utm_term, utm_content, state, retired_at, created_at, version"
            " FROM links"
        )
    await resolver.resolve("second")
    assert (resolver.cached("abc"), resolver.cached("second") is not None) == (None, True)
