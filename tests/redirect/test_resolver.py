"""The resolver's cache: entries, expiry, and its use while PostgreSQL is unreachable."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from campaigns.kit.database.connections import Connections
from campaigns.links.models import Link
from campaigns.links.resolver import resolver as resolver_module
from campaigns.links.resolver.resolver import MAX_SLUGS_PER_QUERY, LinkResolver, LookupFailed
from campaigns.links.resolver.snapshot import REWRITE_AFTER, LinkSnapshot, SnapshotWriter

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


class Counted:
    """Connections that are counted, and that can be made to fail or to wait; and a snapshot on disk."""

    def __init__(self, connections: Connections, snapshot: LinkSnapshot) -> None:
        self.connections, self.asked, self.broken = connections, 0, False
        self.snapshot = snapshot
        self.answering = asyncio.Event()
        self.answering.set()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[psycopg.AsyncConnection]:
        self.asked += 1
        if self.broken:
            raise OSError("broken")
        await self.answering.wait()
        async with self.connections() as connection:
            yield connection


@pytest.fixture
def counted(link: Link, connections: Connections, tmp_path: Path) -> Counted:
    assert link.slug == "abc"
    return Counted(connections, LinkSnapshot(tmp_path / "links.sqlite"))


def resolver_of(counted: Counted, *, seconds: float = 30, most: int = 100) -> LinkResolver:
    return LinkResolver(counted, counted.snapshot, link_kept_seconds=seconds, max_links=most)


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
    for number in range(MAX_SLUGS_PER_QUERY + 1):
        await asyncio.sleep(0)
        pending.append(asyncio.create_task(resolver.resolve(f"unknown-{number}")))
    await asyncio.sleep(0)
    assert counted.asked == 1
    counted.answering.set()
    found = await asyncio.gather(*pending)
    assert [target is not None for target in found] == [True] + [False] * (MAX_SLUGS_PER_QUERY + 1)
    assert counted.asked == 3  # the first, as many as one query takes, and the rest


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
    async with counted.connections() as connection:
        await connection.execute("UPDATE links SET slug = 'later'")
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
    await resolver.resolve("abc")
    counted.broken = True
    for _ in range(3):
        assert resolver.cached("abc") is not None
        await asyncio.sleep(0.01)
    resolver.invalidate_all()
    assert resolver.cached("abc") is None
    assert await resolver.resolve("abc") is not None  # asked, got no answer, served what was known


async def test_without_memory_and_postgresql_there_is_no_answer(counted: Counted) -> None:
    resolver = resolver_of(counted)
    counted.broken = True
    with pytest.raises(LookupFailed):
        await resolver.resolve("abc")


async def test_a_look_up_overtaken_by_a_change_is_not_cached(counted: Counted) -> None:
    resolver = resolver_of(counted)
    pending = asyncio.create_task(resolver.resolve("abc"))
    await asyncio.sleep(0)
    resolver.forget("abc")
    assert await pending is not None
    assert resolver.cached("abc") is None


async def test_memory_is_bounded(counted: Counted) -> None:
    resolver = resolver_of(counted, most=1)
    await resolver.resolve("abc")
    assert resolver.cached("abc") is not None
    async with counted.connections() as connection:
        await connection.execute(
            "INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium,"
            " utm_campaign, state, created_at) SELECT gen_random_uuid(), campaign_id, channel_id, name, 'second',"
            " destination, utm_source, utm_medium, utm_campaign, state, created_at FROM links"
        )
    await resolver.resolve("second")
    assert (resolver.cached("abc"), resolver.cached("second") is not None) == (None, True)


class TestSnapshot:
    """The links that a new process knows while PostgreSQL is unreachable."""

    @pytest.fixture
    async def writer(self, counted: Counted) -> AsyncIterator[SnapshotWriter]:
        writer = SnapshotWriter(counted.snapshot, counted)
        yield writer
        await writer.close()

    async def move(self, counted: Counted, to: str) -> None:
        async with counted.connections() as connection:
            await connection.execute("UPDATE links SET destination = %s", (f"https://daftar.example/{to}",))

    def facts(self, counted: Counted) -> str:
        return counted.snapshot.read("abc") or ""

    async def test_all_links_are_served_from_it(self, counted: Counted, writer: SnapshotWriter) -> None:
        await writer.write(NOON)
        counted.broken = True
        resolver = resolver_of(counted)
        target = await resolver.resolve("abc")
        assert target is not None
        assert target.default.without_token().startswith(b"https://daftar.example/form?lang=id&utm_source=instagram")
        assert resolver.cached("abc") is target
        with pytest.raises(LookupFailed):
            await resolver.resolve("nobody-knows")

    async def test_what_is_marked_as_changed_is_written(self, counted: Counted, writer: SnapshotWriter) -> None:
        await writer.write(NOON)
        await self.move(counted, "moved")
        await writer.write(NOON)
        assert "/moved" not in self.facts(counted)
        writer.mark_changed("abc")
        await writer.write(NOON)
        assert "/moved" in self.facts(counted)
        await self.move(counted, "again")
        writer.mark_all_changed()
        await writer.write(NOON)
        assert "/again" in self.facts(counted)

    async def test_all_links_are_written_again_after_an_hour(self, counted: Counted, writer: SnapshotWriter) -> None:
        await writer.write(NOON)
        await self.move(counted, "moved")
        await writer.write(NOON + REWRITE_AFTER)
        assert "/moved" not in self.facts(counted)
        await writer.write(NOON + REWRITE_AFTER + timedelta(seconds=1))
        assert "/moved" in self.facts(counted)

    async def test_a_failed_write_is_repeated_by_the_next_call(self, counted: Counted, writer: SnapshotWriter) -> None:
        for mark in (writer.mark_all_changed, lambda: writer.mark_changed("abc")):
            counted.broken = True
            mark()
            await self.move(counted, "before")
            with pytest.raises(OSError, match="broken"):
                await writer.write(NOON)
            counted.broken = False
            await writer.write(NOON)
            assert "/before" in self.facts(counted)
            await self.move(counted, "after")
            await writer.write(NOON)  # and it is not written for ever
            assert "/after" not in self.facts(counted)

    async def test_a_damaged_file_is_created_again(self, counted: Counted, writer: SnapshotWriter) -> None:
        await writer.write(NOON)
        for path in counted.snapshot.path.parent.glob("links.sqlite*"):
            path.write_bytes(b"\xa5" * 5000)
        assert counted.snapshot.read("abc") is None
        writer.mark_changed("abc")
        with pytest.raises(sqlite3.DatabaseError):
            await writer.write(NOON)
        await writer.write(NOON)
        assert self.facts(counted)

    async def test_one_process_writes_it_and_another_takes_over(self, counted: Counted, writer: SnapshotWriter) -> None:
        other = SnapshotWriter(counted.snapshot, counted)
        await other.write(NOON)
        await self.move(counted, "moved")
        await writer.write(NOON)
        assert "/form" in self.facts(counted)
        await other.close()
        await writer.write(NOON)
        assert "/moved" in self.facts(counted)
        assert counted.snapshot.try_lock() is None
