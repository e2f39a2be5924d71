"""The journal: its entries survive the process and damage nearby, and reach PostgreSQL exactly once."""

import contextlib
import resource
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from campaigns.clicks.journal.drainer import Drainer
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.journal.journal import Entry, Journal, adopt_orphans
from campaigns.clicks.row import CLICKS
from campaigns.clicks.store import TapStore
from tests.redirect.journals import entry, garble, killed_with_in_memory, left_behind, line, rows
from tests.redirect.stores import StagedStore, nothing


@contextlib.contextmanager
def files_limited_to(size: int) -> Iterator[None]:
    """No file of this process can grow beyond so many bytes, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestFile:
    def test_entries_come_out_as_they_went_in(self, directory: Path) -> None:
        journal = Journal.create(directory)
        first = Entry("clicks", "a, b", 2, [[-5, "Agent \\ \t", 1, 2, "ios", None, 1]], b"\xff\x00\n\n")
        journal.append(first)
        journal.append(entry(line()))
        chunk = journal.read(1)
        assert chunk is not None
        assert (chunk.numbered, chunk.upto, chunk.taps) == ({1: first}, 1, 2)
        journal.forget(1)
        assert [one.taps for one in (journal.read(100) or chunk).numbered.values()] == [1]
        journal.remove()
        assert list(directory.iterdir()) == []

    def test_a_held_journal_is_no_orphan(self, directory: Path) -> None:
        journal = Journal.create(directory)
        assert list(adopt_orphans(directory)) == []
        journal.close()
        (orphan,) = adopt_orphans(directory)
        assert orphan.path == journal.path
        orphan.remove()

    def test_a_full_disk_is_refused_and_the_file_stays_good(self, directory: Path) -> None:
        journal = Journal.create(directory)
        journal.append(entry(line()))
        with files_limited_to(64 * 1024), pytest.raises(sqlite3.OperationalError):
            journal.append(Entry("clicks", "a", 1, [], b"x" * 200_000))
        journal.append(entry(line()))
        chunk = journal.read(100)
        assert chunk is not None
        assert len(chunk.numbered) == 2
        journal.remove()

    def test_losses_survive_the_process(self, directory: Path) -> None:
        journal = Journal.create(directory)
        journal.losses.lose(3, now_ms=1000, reason="memory full")
        journal.losses.lose(2, now_ms=2000, reason="memory full")
        journal.losses.note(in_memory=4, now_ms=2500)
        journal.close()
        (orphan,) = adopt_orphans(directory)
        counts = orphan.losses.counts
        assert (counts.lost, counts.in_memory, counts.first_ms, counts.last_ms) == (5, 4, 1000, 2000)
        orphan.remove()


class TestDraining:
    async def test_orphans_are_drained_once_and_removed(self, directory: Path, drainer: Drainer, conninfo: str) -> None:
        doubled = uuid4()
        left_behind(directory, entry(line(doubled), line()), entry(line()))
        left_behind(directory, entry(line(doubled)))
        await drainer.drain()
        assert rows(conninfo, "SELECT count(*), count(DISTINCT id) FROM clicks") == [(3, 3)]
        assert rows(conninfo, "SELECT * FROM tap_losses") == []
        assert len(list(directory.glob("*.journal"))) == 1  # the living one

    async def test_the_first_release_named_the_table_of_orphans_otherwise(
        self, directory: Path, drainer: Drainer, conninfo: str
    ) -> None:
        columns = "slug, id, clicked_at, visitor, country, agent_id, observed, language, referrer_host, network"
        block = b"x-unknown\t%s\t2026-11-23 01:02:03.004+00\t7\tID\t0\t12\tid\t\\N\t\\N\n" % uuid4().hex.encode()
        left_behind(directory, entry(line()), Entry("orphan_clicks", columns, 1, [], block), entry(line()))
        await drainer.drain()
        assert rows(conninfo, "SELECT count(*) FROM clicks") == [(2,)]
        assert rows(conninfo, "SELECT slug, visitor, observed FROM orphan_taps") == [("x-unknown", 7, 12)]
        assert rows(conninfo, "SELECT * FROM tap_losses") == []

    async def test_an_entry_merged_but_not_taken_out_is_merged_again_without_doubles(
        self, fallback: Failover, drainer: Drainer, drain_store: StagedStore, conninfo: str
    ) -> None:
        await fallback.take(entry(line(), line()))

        async def killed(call: str, *_: object) -> None:
            if call == "merge":
                raise OSError("killed between COPY and its acknowledgement")

        drain_store.after = killed
        with pytest.raises(OSError, match="killed"):
            await drainer.drain()
        assert rows(conninfo, "SELECT count(*) FROM clicks") == [(2,)]
        drain_store.after = nothing
        fallback.journal.close()
        (orphan,) = adopt_orphans(fallback.directory)
        assert orphan.read(10) is not None
        orphan.close()
        fallback.journal = Journal.create(fallback.directory)
        await drainer.drain()
        assert rows(conninfo, "SELECT count(*) FROM clicks") == [(2,)]

    async def test_a_garbled_entry_is_told_from_good_ones_and_counted(
        self, directory: Path, drainer: Drainer, conninfo: str
    ) -> None:
        path = left_behind(directory, entry(line()), entry(line(), line()), entry(line()))
        garble(path, 2)
        await drainer.drain()
        assert rows(conninfo, "SELECT count(*) FROM clicks") == [(2,)]
        assert rows(conninfo, "SELECT taps FROM tap_losses") == [(2,)]

    async def test_a_torn_log_costs_nothing_that_was_on_disk(
        self, directory: Path, drainer: Drainer, conninfo: str
    ) -> None:
        journal = Journal.create(directory)
        journal.append(entry(line()))
        journal.append(entry(line()))
        log = journal.path.with_name(journal.path.name + "-wal")
        whole = log.read_bytes()
        kept = journal.path.read_bytes()
        journal.close()
        # As after a power failure in the middle of a third entry: the log has half a frame more.
        journal.path.write_bytes(kept)
        log.write_bytes(whole + whole[32 : 32 + 2000])
        await drainer.drain()
        assert rows(conninfo, "SELECT count(*) FROM clicks") == [(2,)]

    @pytest.mark.parametrize("damage", ["header", "everything", "middle"])
    async def test_a_damaged_file_is_set_aside_and_its_taps_are_counted(
        self, directory: Path, drainer: Drainer, conninfo: str, damage: str
    ) -> None:
        path = left_behind(directory, *(entry(*(line() for _ in range(100))) for _ in range(20)))
        content = bytearray(path.read_bytes())
        start, end = {"header": (0, 100), "everything": (0, len(content)), "middle": (20_000, len(content))}[damage]
        content[start:end] = b"\xa5" * (end - start)
        path.write_bytes(bytes(content))
        await drainer.drain()
        ((stored,),) = rows(conninfo, "SELECT count(*) FROM clicks")
        ((lost,),) = rows(conninfo, "SELECT coalesce(sum(taps), 0) FROM tap_losses")
        assert isinstance(stored, int)
        assert isinstance(lost, int)
        assert (stored + lost, lost > 0) == (2000, True)
        assert list(directory.glob("*.damaged"))
        await drainer.drain()  # and nothing of it is counted again
        assert rows(conninfo, "SELECT sum(taps) FROM tap_losses") == [(lost,)]

    async def test_readable_entries_of_a_damaged_file_are_stored(
        self, directory: Path, drainer: Drainer, conninfo: str
    ) -> None:
        path = left_behind(directory, *(entry(*(line() for _ in range(100))) for _ in range(20)))
        content = bytearray(path.read_bytes())
        middle = len(content) // 2
        content[middle : middle + 3000] = b"\xa5" * 3000
        path.write_bytes(bytes(content))
        await drainer.drain()
        ((stored,),) = rows(conninfo, "SELECT count(*) FROM clicks")
        assert isinstance(stored, int)
        assert 1700 <= stored < 2000  # all but the entries whose pages were hit
        assert rows(conninfo, "SELECT taps FROM tap_losses") == [(2000 - stored,)]

    async def test_a_loss_that_cannot_be_told_yet_is_counted_once(
        self, directory: Path, drainer: Drainer, drain_store: StagedStore, conninfo: str
    ) -> None:
        killed_with_in_memory(directory, 7)

        async def away(*_: object) -> None:
            raise OSError("PostgreSQL went away before it was told")

        drain_store.before = away
        for _ in range(2):
            with pytest.raises(OSError, match="went away"):
                await drainer.drain()
        drain_store.before = nothing
        await drainer.drain()
        assert rows(conninfo, "SELECT taps FROM tap_losses") == [(7,)]

    async def test_an_orphan_that_cannot_be_drained_keeps_nobody_waiting(
        self, directory: Path, fallback: Failover, drainer: Drainer, conninfo: str
    ) -> None:
        ahead = Entry(CLICKS.name, f"{CLICKS.column_list}, later", 1, [], line()[:-1] + b"\tx\n")
        left_behind(directory, ahead)  # of a release whose columns this database does not have
        left_behind(directory, entry(line()))
        fallback.switch_to_journal()
        await fallback.take(entry(line()))
        for _ in range(2):
            with pytest.raises(psycopg.errors.UndefinedColumn):
                await drainer.drain()
        assert rows(conninfo, "SELECT count(*) FROM clicks") == [(2,)]
        assert (fallback.postgres_well, fallback.waiting) == (True, 0)
        await drainer.close()

    async def test_a_damaged_journal_of_a_living_process_is_replaced(
        self, fallback: Failover, drainer: Drainer, conninfo: str
    ) -> None:
        for _ in range(3):
            await fallback.take(entry(line()))
        assert isinstance(fallback.journal, Journal)
        garble(fallback.journal.path, 2)
        await drainer.drain()
        await fallback.take(entry(line()))
        await drainer.drain()
        assert rows(conninfo, "SELECT count(*) FROM clicks") == [(3,)]
        assert rows(conninfo, "SELECT taps FROM tap_losses") == [(1,)]
        assert fallback.lost == 1

    async def test_taps_only_in_the_memory_of_a_killed_process_are_counted(
        self, directory: Path, drainer: Drainer, conninfo: str
    ) -> None:
        killed_with_in_memory(directory, 7)
        await drainer.drain()
        assert rows(conninfo, "SELECT taps FROM tap_losses") == [(7,)]

    async def test_nothing_is_taken_out_while_postgresql_is_away(self, directory: Path, fallback: Failover) -> None:
        left_behind(directory, entry(line()))
        await fallback.take(entry(line()))
        away = Drainer(fallback, TapStore("host=127.0.0.1 port=1 dbname=none", application_name="jaring-drainer"))
        with pytest.raises(psycopg.OperationalError):
            await away.drain()
        assert fallback.waiting == 1
        assert len(list(directory.glob("*.journal"))) == 2
        await away.close()


async def test_the_switch_goes_back_as_soon_as_postgresql_answers(fallback: Failover, drainer: Drainer) -> None:
    fallback.switch_to_journal()
    await drainer.drain()
    assert fallback.postgres_well


async def test_a_slow_postgresql_does_not_get_the_taps_back(
    fallback: Failover, drainer: Drainer, conninfo: str
) -> None:
    fallback.switch_to_journal()
    async with await psycopg.AsyncConnection.connect(conninfo) as blocker:
        await blocker.execute("LOCK TABLE clicks IN ACCESS EXCLUSIVE MODE")
        with pytest.raises((psycopg.Error, OSError)):
            await drainer.drain()
        assert not fallback.postgres_well
        await blocker.rollback()
    await drainer.drain()
    assert fallback.postgres_well
