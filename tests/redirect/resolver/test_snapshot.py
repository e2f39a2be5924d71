"""The snapshot on disk: the links that a new process knows while PostgreSQL is unreachable."""

import os
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from campaigns.links.resolver.resolver import LookupFailed
from campaigns.links.resolver.snapshot import SnapshotWriter, open_link_snapshot
from tests.redirect.resolver.look_ups import Counted, add_links, change, resolver_of

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


@pytest.fixture
async def writer(counted: Counted) -> AsyncIterator[SnapshotWriter]:
    writer = SnapshotWriter(counted.snapshot, counted)
    yield writer
    await writer.close()


async def move(counted: Counted, to: str) -> None:
    await change(counted, f"UPDATE links SET destination = 'https://daftar.example/{to}'")


def facts(counted: Counted, slug: str = "abc") -> str:
    return counted.snapshot.read(slug) or ""


async def test_all_links_are_served_from_it(counted: Counted, writer: SnapshotWriter) -> None:
    await writer.write(NOON)
    counted.broken = True
    resolver = resolver_of(counted)
    target = await resolver.resolve("abc")
    assert target is not None
    assert target.default.without_token().startswith(b"https://daftar.example/form?lang=id&utm_source=instagram")
    assert resolver.cached("abc") is target
    with pytest.raises(LookupFailed):
        await resolver.resolve("nobody-knows")


async def test_what_is_marked_as_changed_is_written(counted: Counted, writer: SnapshotWriter) -> None:
    await writer.write(NOON)
    await move(counted, "moved")
    await writer.write(NOON)
    assert "/moved" not in facts(counted)
    writer.mark_changed("abc")
    await writer.write(NOON)
    assert "/moved" in facts(counted)
    await move(counted, "again")
    writer.mark_all_changed()
    await writer.write(NOON)
    assert "/again" in facts(counted)


async def test_all_links_are_written_again_after_an_hour(counted: Counted, writer: SnapshotWriter) -> None:
    await writer.write(NOON)
    await move(counted, "moved")
    await writer.write(NOON + timedelta(hours=1))
    assert "/moved" not in facts(counted)
    await writer.write(NOON + timedelta(hours=1, microseconds=1))
    assert "/moved" in facts(counted)


async def test_a_failed_write_is_repeated_by_the_next_call(counted: Counted, writer: SnapshotWriter) -> None:
    await writer.write(NOON)
    for mark in (writer.mark_all_changed, lambda: writer.mark_changed("abc")):
        counted.broken = True
        mark()
        await move(counted, "before")
        with pytest.raises(OSError, match="broken"):
            await writer.write(NOON)
        counted.broken = False
        await writer.write(NOON)
        assert "/before" in facts(counted)
        await move(counted, "after")
        await writer.write(NOON)  # and it is not written for ever
        assert "/after" not in facts(counted)


async def test_a_damaged_file_is_created_again(counted: Counted, writer: SnapshotWriter) -> None:
    await writer.write(NOON)
    for path in counted.snapshot.path.parent.glob("links.sqlite*"):
        path.write_bytes(b"\xa5" * 5000)
    assert counted.snapshot.read("abc") is None
    writer.mark_changed("abc")
    with pytest.raises(sqlite3.DatabaseError):
        await writer.write(NOON)
    await writer.write(NOON)
    assert facts(counted)


async def test_one_process_writes_it_and_another_takes_over(counted: Counted, writer: SnapshotWriter) -> None:
    other = SnapshotWriter(counted.snapshot, counted)
    await other.write(NOON)
    await move(counted, "moved")
    await writer.write(NOON)
    assert "/form" in facts(counted)
    await other.close()
    await writer.write(NOON)
    assert "/moved" in facts(counted)
    assert counted.snapshot.try_lock() is None


async def test_nothing_is_read_while_nothing_changes(counted: Counted, writer: SnapshotWriter) -> None:
    await writer.write(NOON)
    asked = counted.asked
    await writer.write(NOON)
    assert counted.asked == asked


async def test_writing_all_links_writes_the_changed_ones_too(counted: Counted, writer: SnapshotWriter) -> None:
    writer.mark_changed("abc")
    await writer.write(NOON)
    await move(counted, "moved")
    await writer.write(NOON)
    assert "/moved" not in facts(counted)


async def test_only_the_changed_links_are_written(counted: Counted, writer: SnapshotWriter) -> None:
    await add_links(counted, "second")
    await writer.write(NOON)
    await move(counted, "moved")
    writer.mark_changed("second")
    await writer.write(NOON)
    assert ["/moved" in facts(counted, slug) for slug in ("abc", "second")] == [False, True]


async def test_all_links_are_read_a_part_at_a_time(counted: Counted) -> None:
    writer = SnapshotWriter(counted.snapshot, counted, rows_at_once=2)
    await add_links(counted, "zz", "yy", "dd", "cc")  # not in the order of their slugs
    await writer.write(NOON)
    assert all(facts(counted, slug) for slug in ("abc", "cc", "dd", "yy", "zz"))
    assert counted.asked == 4  # two, two, one, none
    await writer.close()


async def test_all_links_are_written_anew_after_the_file_was_damaged(counted: Counted, writer: SnapshotWriter) -> None:
    await add_links(counted, "second")
    await writer.write(NOON)
    for path in counted.snapshot.path.parent.glob("links.sqlite*"):
        path.write_bytes(b"\xa5" * 5000)
    writer.mark_changed("abc")
    with pytest.raises(sqlite3.DatabaseError):
        await writer.write(NOON)
    await writer.write(NOON)
    assert facts(counted, "abc")
    assert facts(counted, "second")


async def test_a_disk_that_takes_no_more_files_still_answers(counted: Counted, writer: SnapshotWriter) -> None:
    await writer.write(NOON)
    shared = counted.snapshot.path.with_name("links.sqlite-shm")
    shared.mkdir()  # in the place of the file that readers and writers share
    assert "/form" in facts(counted)
    await move(counted, "moved")
    writer.mark_changed("abc")
    with pytest.raises(sqlite3.OperationalError):
        await writer.write(NOON)
    assert "/form" in facts(counted)
    shared.rmdir()
    await writer.write(NOON)
    assert "/moved" in facts(counted)


def test_only_its_owner_may_look_into_the_folder_of_the_snapshot(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "journals"
    snapshot = open_link_snapshot(folder)
    assert snapshot.read("abc") is None
    for _ in range(2):  # there is no folder at first, then there is one
        lock = snapshot.try_lock()
        assert lock is not None
        os.close(lock)
    assert folder.stat().st_mode & 0o777 == 0o700
    snapshot.write([("abc", "facts")])
    assert open_link_snapshot(folder).read("abc") == "facts"


async def test_a_writer_may_be_closed_before_it_wrote_and_after_it_was_closed(counted: Counted) -> None:
    writer = SnapshotWriter(counted.snapshot, counted)
    await writer.close()
    await writer.write(NOON)
    await writer.close()
    await writer.close()
