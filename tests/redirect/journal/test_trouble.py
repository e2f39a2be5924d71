"""A single failure stays limited: a row, a file, a full or missing disk, a setting of the server, a late tap."""

import asyncio
import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import NoReturn

import psycopg
import pytest

from campaigns.clicks.capture.agent_cache import CachedAgent
from campaigns.clicks.capture.request_headers import HeaderParser
from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.journal import journal as journal_module
from campaigns.clicks.journal.drainer import Drainer
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.journal.journal import Journal, adopt_orphans
from campaigns.clicks.journal.null_journal import NullJournal
from campaigns.clicks.row import CLICKS
from campaigns.clicks.store import TapStore
from tests.factories.loops import looping, restless
from tests.redirect.journals import (
    AWAY,
    alter,
    drain_rounds,
    drained_by_the_next_process,
    entry,
    garble,
    left_behind,
    line,
    lost,
    rows,
    stored,
)
from tests.redirect.stores import StagedStore, writing
from tests.redirect.taps import Taps


def no_room(*_: object, **__: object) -> NoReturn:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR
    raise error


# SQLite for the journal alone; other users of it in this process are left in peace.
WITHOUT_ROOM = SimpleNamespace(**vars(sqlite3) | {"connect": no_room})


def read_only(*_: object, **__: object) -> NoReturn:
    raise OSError(30, "Read-only file system")


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def taps_into(conninfo: str, fallback: Failover, *, backlog: int = 100) -> TapWriter:
    return TapWriter(TapStore(conninfo, application_name="jaring-taps"), CLICKS, fallback, backlog=backlog)


class TestFiles:
    async def test_damaged_text_loses_only_its_own_entry(
        self, directory: Path, fallback: Failover, drainer: Drainer, conninfo: str
    ) -> None:
        path = left_behind(directory, *(entry(line()) for _ in range(5)))
        content = path.read_bytes()
        assert b"campaign_id, link_id, id" in content
        path.write_bytes(content.replace(b"campaign_id, link_id, id", b"campaign_id, link\xa5id, id", 1))
        fallback.switch_to_journal()
        await drain_rounds(drainer, 4)
        assert (stored(conninfo), lost(conninfo), fallback.postgres_well) == (4, 1, True)

    async def test_so_it_does_in_the_journal_of_a_living_process(
        self, fallback: Failover, drainer: Drainer, conninfo: str
    ) -> None:
        for _ in range(5):
            await fallback.take(entry(line()))
        assert isinstance(fallback.journal, Journal)
        alter(fallback.journal.path, "UPDATE batches SET columns = CAST(x'63a5a5' AS TEXT) WHERE id = 3")
        fallback.switch_to_journal()
        await drain_rounds(drainer, 4)
        assert (stored(conninfo), lost(conninfo), fallback.postgres_well) == (4, 1, True)

    async def test_a_lock_that_cannot_be_opened_keeps_no_other_journal_waiting(
        self, directory: Path, drainer: Drainer, conninfo: str
    ) -> None:
        _, strange, _ = sorted(left_behind(directory, entry(line())) for _ in range(3))
        lock = strange.with_suffix(".lock")
        lock.unlink()
        lock.mkdir()  # as with one that belongs to another user
        await drain_rounds(drainer, 2)
        assert (stored(conninfo), strange.exists()) == (2, True)

    @pytest.mark.parametrize("number", ["1000000000000", "'x'"])
    async def test_a_garbled_sequence_of_a_damaged_journal_is_not_counted_through(
        self, directory: Path, drainer: Drainer, conninfo: str, number: str
    ) -> None:
        path = left_behind(directory, *(entry(line()) for _ in range(5)))
        garble(path, 5)
        alter(path, f"UPDATE sqlite_sequence SET seq = {number}")
        await drainer.drain()
        assert (stored(conninfo), lost(conninfo)) == (4, 1)

    def test_an_orphan_that_cannot_be_opened_just_now_costs_no_descriptor(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = left_behind(directory, entry(line()))
        monkeypatch.setattr(journal_module, "sqlite3", WITHOUT_ROOM)
        before = descriptors()
        for _ in range(20):
            assert list(adopt_orphans(directory)) == []
        assert descriptors() == before
        monkeypatch.undo()
        (orphan,) = adopt_orphans(directory)
        assert orphan.path == path
        assert orphan.read(10) is not None
        orphan.close()

    def test_a_journal_that_cannot_be_made_leaves_neither_descriptors_nor_files(
        self, directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(journal_module, "sqlite3", WITHOUT_ROOM)
        before = descriptors()
        for _ in range(20):
            with pytest.raises(sqlite3.OperationalError):
                Journal.create(directory)
        assert (descriptors() - before, list(directory.iterdir())) == (0, [])


class TestWithoutAJournal:
    """The directory could not be made when the process began."""

    @pytest.fixture
    def impossible(self, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
        """No journal can be made until the patch is undone."""
        monkeypatch.setattr(Journal, "create", read_only)
        return monkeypatch

    async def test_taps_go_to_postgresql(
        self, tmp_path: Path, conninfo: str, agent: CachedAgent, impossible: pytest.MonkeyPatch
    ) -> None:
        fallback = Failover(tmp_path / "journal", deadline_seconds=0.5)
        assert isinstance(fallback.journal, NullJournal)
        writer = taps_into(conninfo, fallback)
        writer.start()
        assert await writer.write(line(), agent)
        await writer.stop(within_seconds=5)
        await fallback.close()
        assert (stored(conninfo), fallback.lost) == (1, 0)

    async def test_taps_in_memory_go_to_one_as_soon_as_it_can_be_made(
        self, tmp_path: Path, conninfo: str, agent: CachedAgent, impossible: pytest.MonkeyPatch
    ) -> None:
        fallback = Failover(tmp_path / "journal", deadline_seconds=0.5)
        writer = taps_into(AWAY, fallback)
        writer.start()
        assert not await writer.write(line(), agent)
        assert (writer.waiting, fallback.losses.counts.in_memory) == (1, 1)
        impossible.undo()
        while writer.waiting:
            await asyncio.sleep(0.01)
        assert (fallback.waiting, fallback.lost) == (1, 0)
        await writer.stop(within_seconds=5)
        await fallback.close()
        await drained_by_the_next_process(tmp_path / "journal", conninfo)
        assert (stored(conninfo), lost(conninfo)) == (1, 0)


class TestFullDisks:
    async def test_taps_lost_at_the_stop_are_counted_once(
        self, tmp_path: Path, conninfo: str, agent: CachedAgent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fallback = Failover(tmp_path / "journal", deadline_seconds=0.5)
        monkeypatch.setattr(fallback.journal, "append", no_room)
        writer = taps_into(AWAY, fallback)
        writer.start()
        assert await asyncio.gather(*(writer.write(line(), agent) for _ in range(5))) == [False] * 5
        await writer.stop(within_seconds=0.1)
        await fallback.close()
        await drained_by_the_next_process(tmp_path / "journal", conninfo)
        assert lost(conninfo) == 5

    async def test_a_new_tap_does_not_wait_for_all_taps_in_memory(
        self,
        tap_store: StagedStore,
        conninfo: str,
        fallback: Failover,
        agent: CachedAgent,
        refusing: pytest.MonkeyPatch,
    ) -> None:
        merged, fresh, merged_before = 0, list[asyncio.Future[bool]](), list[int]()

        async def one_more_meanwhile(call: str, *_: object) -> None:
            nonlocal merged
            if call != "merge":
                return
            merged += 1
            if not fresh:
                fresh.append(writer.write(line(), agent))
                fresh[0].add_done_callback(lambda _: merged_before.append(merged))

        tap_store.before = one_more_meanwhile
        # A few taps are many commits.
        async with writing(tap_store, fallback, max_taps_in_commit=1) as writer:
            fallback.switch_to_journal()
            for _ in range(20):
                assert not await writer.write(line(), agent)
            fallback.switch_to_postgres()
            while writer.waiting:
                await asyncio.sleep(0.01)
        assert (stored(conninfo), merged, fresh[0].result()) == (21, 20, True)
        assert merged_before[0] <= 3

    async def test_a_record_of_losses_that_cannot_be_written_does_not_end_the_writer(
        self, fallback: Failover, agent: CachedAgent, refusing: pytest.MonkeyPatch
    ) -> None:
        writer = taps_into(AWAY, fallback)
        task = writer.start()
        refusing.setattr(os, "pwrite", read_only)
        assert not await writer.write(line(), agent)
        assert not await writer.write(line(), agent)
        assert (task.done(), fallback.losses.counts.in_memory) == (False, 2)
        await writer.stop(within_seconds=0.1)
        assert fallback.lost == 2

    async def test_a_lost_tap_does_not_fail(
        self, fallback: Failover, agent: CachedAgent, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        writer = taps_into(AWAY, fallback, backlog=0)
        writer.start()
        monkeypatch.setattr(os, "pwrite", read_only)
        assert await writer.write(line(), agent) is False
        await writer.stop(within_seconds=0.1)
        assert (fallback.lost, fallback.losses.counts.lost) == (1, 1)


class TestStopping:
    async def test_every_tap_that_comes_meanwhile_is_answered_and_accounted_for(
        self, tmp_path: Path, conninfo: str, agent: CachedAgent
    ) -> None:
        fallback = Failover(tmp_path / "journal", deadline_seconds=0.5)
        writer = taps_into(conninfo, fallback)
        writer.start()
        waiters = [writer.write(line(), agent)]
        await waiters[0]
        stopping = asyncio.create_task(writer.stop(within_seconds=5))
        for _ in range(50):
            await asyncio.sleep(0)  # it found nothing waiting, and is about to end the writer's task
            waiters.append(writer.write(line(), agent))
        await stopping
        answers = await asyncio.gather(*waiters)
        assert (answers.count(True), answers.count(False)) == (stored(conninfo), fallback.lost)
        await fallback.close()

    async def test_a_tap_that_comes_afterwards_is_answered_and_counted(
        self, conninfo: str, fallback: Failover, agent: CachedAgent
    ) -> None:
        writer = taps_into(conninfo, fallback)
        writer.start()
        await writer.stop(within_seconds=5)
        assert await writer.write(line(), agent) is False
        assert (fallback.lost, fallback.losses.counts.reason) == (1, "stopped")


class TestPostgresql:
    async def test_a_commit_waits_for_the_disk_under_any_setting_of_the_database(self, conninfo: str) -> None:
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
            name = connection.info.dbname
            await connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off'.encode())
        assert rows(conninfo, "SHOW synchronous_commit") == [("off",)]
        store = TapStore(conninfo, application_name="jaring-taps")
        await store.execute("CREATE TABLE seen AS SELECT current_setting('synchronous_commit') AS value", within=5)
        await store.close()
        assert rows(conninfo, "SELECT value FROM seen") == [("on",)]

    async def test_an_agent_is_stored_unchanged_under_any_client_encoding(
        self, conninfo: str, fallback: Failover, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
        writer = taps_into(conninfo, fallback)
        writer.start()
        seen = HeaderParser().agents.get("Mozilla/5.0 🚓".encode())
        assert await writer.write(line(), seen)
        await writer.stop(within_seconds=5)
        monkeypatch.undo()
        assert rows(conninfo, "SELECT text FROM agents WHERE id <> 0") == [(seen.text,)]
        assert fallback.waiting == 0

    async def test_one_that_was_slow_once_is_used_again_though_taps_keep_coming(
        self, fallback: Failover, drainer: Drainer, drain_store: StagedStore
    ) -> None:
        first = iter([1])

        async def slow_once(call: str, *_: object) -> None:
            if call == "execute" and next(first, None):
                await asyncio.sleep(fallback.deadline_seconds * 0.6)

        drain_store.after = slow_once
        fallback.switch_to_journal()
        async with looping(restless(lambda _: drainer.drain())):
            while not fallback.postgres_well:
                await fallback.take(entry(line()))  # the journal is never found empty
                await asyncio.sleep(0.002)

    async def test_a_link_that_cannot_be_read_does_not_fail_the_others_of_its_look_up(self, taps: Taps) -> None:
        await taps.sql(
            "INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium,"
            " utm_campaign, state, created_at, variants) SELECT gen_random_uuid(), campaign_id, channel_id, name,"
            " 'strange', destination, utm_source, utm_medium, utm_campaign, state, created_at, '[{\"key\": \"a\"}]'"
            " FROM links"
        )
        strange, good = await asyncio.gather(taps.client.get("/strange"), taps.client.get("/abc"))
        assert (strange.status_code, good.status_code) == (503, 302)
