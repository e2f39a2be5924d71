"""Lost taps are counted exactly once, whichever step of the journal fails or is interrupted."""

import asyncio
import json
import sqlite3
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest

from campaigns.clicks.journal.drainer import Drainer
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.journal.journal import Entry, Journal
from campaigns.clicks.row import ORPHANS
from campaigns.clicks.store import TapStore
from tests.factories.loops import looping, restless
from tests.redirect.journals import (
    AWAY,
    alter,
    drain_rounds,
    drained_by_the_next_process,
    entry,
    garble,
    killed_with_in_memory,
    left_behind,
    line,
    lost,
    rows,
    stored,
)
from tests.redirect.stores import StagedStore


def damage(path: Path) -> None:
    """Overwrite what is in the middle of a file that is in use."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = b"\xa5" * 20_000
    with path.open("r+b") as file:
        file.write(content)


def malformed(_entry: Entry) -> None:
    raise sqlite3.DatabaseError("database disk image is malformed")


class TestPostgresqlAway:
    """Many rounds fail before one succeeds; none of them may count again what an earlier one counted."""

    async def test_taps_in_memory_of_a_killed_process_are_counted_once(
        self, directory: Path, fallback: Failover, conninfo: str
    ) -> None:
        killed_with_in_memory(directory, 7)
        drainer = Drainer(fallback, TapStore(AWAY, application_name="jaring-drainer"), orphans_seconds=0.0)
        await drain_rounds(drainer, 20)
        await drainer.close()
        drainer = Drainer(fallback, TapStore(conninfo, application_name="jaring-drainer"), orphans_seconds=0.0)
        await drainer.drain()
        await drainer.close()
        assert (lost(conninfo), fallback.lost) == (7, 7)

    async def test_a_garbled_entry_is_counted_once(self, directory: Path, fallback: Failover, conninfo: str) -> None:
        garble(left_behind(directory, entry(line()), entry(line(), line()), entry(line())), 2)
        drainer = Drainer(fallback, TapStore(AWAY, application_name="jaring-drainer"), orphans_seconds=0.0)
        await drain_rounds(drainer, 20)
        await drainer.close()
        drainer = Drainer(fallback, TapStore(conninfo, application_name="jaring-drainer"), orphans_seconds=0.0)
        await drainer.drain()
        await drainer.close()
        assert (stored(conninfo), lost(conninfo)) == (2, 2)

    async def test_a_refused_line_is_counted_once_though_its_chunk_is_tried_again(
        self, fallback: Failover, drainer: Drainer, drain_store: StagedStore, conninfo: str
    ) -> None:
        orphan = f"slug\t{uuid4().hex}\t2026-11-23 01:02:03+00\t7\t\\N\t0\t0\t\\N\t\\N\t\\N\n".encode()
        await fallback.take(entry(line(), line(visitor="not a number")))
        await fallback.take(Entry(ORPHANS.name, ORPHANS.column_list, 1, [], orphan))
        failures = iter(range(3))

        async def failing_later(_call: str, about: str, _within: float) -> None:
            if about == ORPHANS.name and next(failures, None) is not None:
                raise OSError("PostgreSQL went away in the middle of the chunk")

        drain_store.before = failing_later
        await drain_rounds(drainer, 4)
        assert rows(conninfo, "SELECT count(*) FROM orphan_taps") == [(1,)]
        assert (stored(conninfo), lost(conninfo), fallback.lost) == (1, 1, 1)


@pytest.mark.parametrize("most_taps", [1, 5_000])
async def test_an_entry_whose_process_was_killed_before_it_counted_it_hides_no_loss(
    directory: Path, fallback: Failover, conninfo: str, most_taps: int
) -> None:
    process = Failover(directory, deadline_seconds=0.5)
    for taps in (1, 4, 2):
        assert await process.take(entry(*(line() for _ in range(taps))))
    journal = process.journal
    assert isinstance(journal, Journal)
    journal.append(entry(line(), line(), line()))  # on disk, and then there was no time left
    journal.close()
    garble(journal.path, 2)
    store = TapStore(conninfo, application_name="jaring-drainer")
    drainer = Drainer(fallback, store, orphans_seconds=0.0, chunk_taps=most_taps)
    await drainer.drain()
    await drainer.close()
    assert (stored(conninfo), lost(conninfo)) == (6, 4)


async def test_no_stored_tap_is_counted_by_who_is_stopped_while_it_is_taken_out(
    directory: Path, fallback: Failover, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_behind(directory, entry(*(line() for _ in range(100))))
    forget, begun, released = Journal.forget, threading.Event(), threading.Event()

    def slow(self: Journal, upto: int) -> None:
        forget(self, upto)
        begun.set()
        released.wait(5)  # a disk that takes its time

    monkeypatch.setattr(Journal, "forget", slow)
    drainer = Drainer(fallback, TapStore(conninfo, application_name="jaring-drainer"), orphans_seconds=0.0)
    async with looping(restless(lambda _: drainer.drain(), close=drainer.close)):
        while not begun.is_set():
            await asyncio.sleep(0.005)
    released.set()
    monkeypatch.setattr(Journal, "forget", forget)
    await drained_by_the_next_process(directory, conninfo)
    assert (stored(conninfo), lost(conninfo)) == (100, 0)


async def test_a_loss_during_the_report_of_earlier_ones_is_not_wiped_by_it(
    fallback: Failover, drainer: Drainer, drain_store: StagedStore, conninfo: str
) -> None:
    reports = iter([1])

    async def one_more_meanwhile(_call: str, statement: str, _within: float) -> None:
        if "tap_losses" in statement and next(reports, None):
            fallback.lose(5, "memory full")

    drain_store.after = one_more_meanwhile
    fallback.lose(10, "memory full")
    await drainer.drain()
    await drainer.drain()
    assert (fallback.lost, lost(conninfo), fallback.losses.counts.lost) == (15, 15, 0)


async def test_a_loss_reported_twice_is_one_row_with_the_later_counts(
    fallback: Failover, drainer: Drainer, drain_store: StagedStore, conninfo: str
) -> None:
    """The report was committed, but the process did not hear of it before more was lost."""
    cut_off = iter([1])

    async def committed_unheard(_call: str, statement: str, _within: float) -> None:
        if "tap_losses" in statement and next(cut_off, None):
            raise OSError("PostgreSQL went away after the commit")

    drain_store.after = committed_unheard
    fallback.losses.lose(10, now_ms=1_000_000, reason="memory full")
    with pytest.raises(OSError, match="went away"):
        await drainer.drain()
    fallback.losses.lose(5, now_ms=2_000_000, reason="memory full")
    await drainer.drain()
    seconds = "extract(epoch FROM first_at)::int, extract(epoch FROM last_at)::int"
    assert rows(conninfo, f"SELECT taps, {seconds} FROM tap_losses") == [(15, 1_000, 2_000)]


class TestReplacing:
    """A damaged journal makes room for a new one while taps come in and a drainer reads the old one."""

    async def test_draining_the_old_journal_deletes_nothing_from_the_new_one(
        self,
        fallback: Failover,
        drainer: Drainer,
        drain_store: StagedStore,
        conninfo: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for _ in range(20):
            await fallback.take(entry(line()))
        times = iter([1])

        async def replaced_meanwhile(call: str, _table: str, _within: float) -> None:
            if call == "merge" and next(times, None):
                monkeypatch.setattr(fallback.journal, "append", malformed)
                assert not await fallback.take(entry(line()))
                for _ in range(10):
                    assert await fallback.take(entry(line()))

        drain_store.after = replaced_meanwhile
        await drain_rounds(drainer, 3)
        assert (stored(conninfo), lost(conninfo), fallback.waiting) == (30, 0, 0)

    async def test_taps_in_memory_stay_with_the_running_process(
        self, fallback: Failover, drainer: Drainer, conninfo: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fallback.in_memory("clicks", 4)
        old = fallback.journal
        monkeypatch.setattr(old, "append", malformed)
        await fallback.take(entry(line()))
        assert fallback.journal is not old
        await drain_rounds(drainer, 2)
        assert (lost(conninfo), fallback.losses.counts.in_memory) == (0, 4)

    async def test_a_tap_taken_meanwhile_is_counted_in_the_file_it_is_in(self, tmp_path: Path, conninfo: str) -> None:
        fallback = Failover(tmp_path / "journal", deadline_seconds=0.5)
        replacing = asyncio.create_task(fallback.replace(fallback.journal))
        taking = asyncio.create_task(fallback.take(entry(line())))
        await asyncio.sleep(0)
        time.sleep(0.2)  # a busy event loop: the journal's thread is done with both before either goes on
        await asyncio.gather(replacing, taking)
        drainer = Drainer(fallback, TapStore(conninfo, application_name="jaring-drainer"), orphans_seconds=0.0)
        await drain_rounds(drainer, 3)
        assert fallback.waiting == 0
        await drainer.close()
        await fallback.close()
        await drained_by_the_next_process(tmp_path / "journal", conninfo)
        assert (stored(conninfo), lost(conninfo)) == (1, 0)

    async def test_unreadable_taps_of_a_journal_damaged_in_use_are_counted(
        self, fallback: Failover, drainer: Drainer, conninfo: str
    ) -> None:
        for _ in range(20):
            await fallback.take(entry(*(line() for _ in range(100))))
        journal = fallback.journal
        assert isinstance(journal, Journal)
        alter(journal.path, "PRAGMA wal_checkpoint(TRUNCATE)")
        damage(journal.path)
        await drain_rounds(drainer, 8)
        taps, missing = stored(conninfo), lost(conninfo)
        assert isinstance(taps, int)
        assert isinstance(missing, int)
        assert (taps + missing, missing > 0, fallback.waiting) == (2000, True, 0)

    async def test_a_garbled_number_of_taps_leaves_no_other_entry_behind(self, tmp_path: Path, conninfo: str) -> None:
        fallback = Failover(tmp_path / "journal", deadline_seconds=0.5)
        for _ in range(12):
            await fallback.take(entry(line()))
        journal = fallback.journal
        assert isinstance(journal, Journal)
        alter(journal.path, "UPDATE batches SET taps = 50000 WHERE id = 1")
        drainer = Drainer(fallback, TapStore(conninfo, application_name="jaring-drainer"), orphans_seconds=0.0)
        await drain_rounds(drainer, 4)
        await drainer.close()
        await fallback.close()
        await drained_by_the_next_process(tmp_path / "journal", conninfo)
        assert (stored(conninfo), lost(conninfo)) == (11, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"id": "g" * 32},
        {"first_ms": 10**18},
        {"lost": 2**40},
        {"lost": -5},
        {"lost": "x"},
        {"in_memory": None},
        {"reason": "a\0b"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_a_damaged_loss_record_is_ignored_and_delays_nothing(
    directory: Path, fallback: Failover, drainer: Drainer, conninfo: str, change: dict[str, object]
) -> None:
    record = left_behind(directory, entry(line())).with_suffix(".losses")
    counts = {"id": uuid4().hex, "lost": 3, "first_ms": 1700000000000, "last_ms": 1700000000000, "reason": "full"}
    written = json.dumps(json.loads(record.read_text()) | counts | change)
    record.write_bytes(written.encode().ljust(512))
    fallback.switch_to_journal()
    await drainer.drain()
    assert (fallback.postgres_well, stored(conninfo), lost(conninfo)) == (True, 1, 0)
    assert not record.exists()


async def test_an_account_without_its_journal_is_still_settled(
    directory: Path, drainer: Drainer, conninfo: str
) -> None:
    path = left_behind(directory, entry(line(), line()), entry(line()))
    for part in directory.glob(f"{path.name}*"):
        part.rename(part.with_name(f"{part.name}.damaged"))  # and then its process was killed
    await drainer.drain()
    assert (stored(conninfo), lost(conninfo)) == (0, 3)
    await drainer.drain()
    assert lost(conninfo) == 3
