"""The resolver's memory: what it keeps, for how long, and what it does while PostgreSQL is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from campaigns.kit.database.connections import Connections
from campaigns.links.models import Link
from campaigns.links.resolver.resolver import LinkResolver, LookupFailed
from campaigns.links.resolver.snapshot import LinkSnapshot, SnapshotWriter


class Counted:
    """Connections that count how often they were asked for, and that can be made to fail; and a memory on disk."""

    def __init__(self, connections: Connections, memory: LinkSnapshot) -> None:
        self.connections, self.asked, self.broken = connections, 0, False
        self.memory = memory

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[psycopg.AsyncConnection]:
        self.asked += 1
        if self.broken:
            raise OSError
        async with self.connections() as connection:
            yield connection


@pytest.fixture
def counted(link: Link, connections: Connections, tmp_path: Path) -> Counted:
    assert link.slug == "abc"
    return Counted(connections, LinkSnapshot(tmp_path / "links.sqlite"))


def resolver_of(counted: Counted, *, seconds: float = 30, most: int = 100) -> LinkResolver:
    return LinkResolver(counted, counted.memory, link_kept_seconds=seconds, most_links=most)


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
    with pytest.raises(LookupFailed):
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
            "INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium,"
            " utm_campaign, state, created_at) SELECT gen_random_uuid(), campaign_id, channel_id, name, 'second',"
            " destination, utm_source, utm_medium, utm_campaign, state, created_at FROM links"
        )
    await resolver.resolve("second")
    assert (resolver.cached("abc"), resolver.cached("second") is not None) == (None, True)


class TestMemoryOnDisk:
    """What a process that has just begun knows while PostgreSQL is away."""

    @pytest.fixture
    async def keeper(self, counted: Counted) -> AsyncIterator[SnapshotWriter]:
        keeper = SnapshotWriter(counted.memory, counted)
        task = asyncio.create_task(keeper.keep())
        yield keeper
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def until_known(self, counted: Counted, slug: str, text: str = "") -> None:
        async with asyncio.timeout(10):
            while text not in (counted.memory.recall(slug) or "-none-") or counted.memory.recall(slug) is None:
                await asyncio.sleep(0.05)

    async def test_all_links_are_served_from_it(self, counted: Counted, keeper: SnapshotWriter) -> None:
        await self.until_known(counted, "abc")
        counted.broken = True
        resolver = resolver_of(counted)
        target = await resolver.resolve("abc")
        assert target is not None
        assert target.default.bare.startswith(b"https://daftar.example/form?lang=id&utm_source=instagram")
        assert resolver.cached("abc") is target
        with pytest.raises(LookupFailed):
            await resolver.resolve("nobody-knows")

    async def test_announced_changes_reach_it(self, counted: Counted, keeper: SnapshotWriter) -> None:
        await self.until_known(counted, "abc")
        async with counted.connections() as connection:
            await connection.execute("UPDATE links SET destination = 'https://daftar.example/moved'")
        keeper.refresh("abc")
        await self.until_known(counted, "abc", "moved")

    async def test_a_failed_round_is_made_up_for(self, counted: Counted, keeper: SnapshotWriter) -> None:
        counted.broken = True
        await asyncio.sleep(1.2)
        counted.broken = False
        await self.until_known(counted, "abc")

    async def test_a_damaged_file_is_made_anew(self, counted: Counted, keeper: SnapshotWriter) -> None:
        await self.until_known(counted, "abc")
        for path in counted.memory.path.parent.glob("links.sqlite*"):
            if path.suffix != ".lock":
                path.write_bytes(b"\xa5" * 5000)
        assert counted.memory.recall("abc") is None
        keeper.refresh("abc")
        await self.until_known(counted, "abc")

    async def test_one_process_writes_it(self, counted: Counted, keeper: SnapshotWriter) -> None:
        await self.until_known(counted, "abc")
        assert counted.memory.lock() is None
