"""The drainer: when it asks PostgreSQL, what is prompt enough to get the taps back, what it leaves behind."""

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from campaigns.clicks.journal import drainer as drainer_module
from campaigns.clicks.journal.drainer import Drainer
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.journal.journal import Entry, Journal
from campaigns.clicks.row import CLICKS
from campaigns.clicks.store import TapStore
from tests.redirect.journals import AWAY, entry, garble, left_behind, line, lost, rows, stored


class SlowStore(TapStore):
    """Takes so many seconds for a statement and for a merge, by a clock that stands still otherwise.

    It has the place of the module `time`.
    """

    now = 1000.0
    statement_takes = 0.0
    merge_takes = 0.0

    def monotonic(self) -> float:
        return self.now

    async def execute(self, statement: str, *values: Any, within: float) -> None:
        await super().execute(statement, *values, within=within)
        self.now += self.statement_takes

    async def merge(self, *values: Any, within: float) -> None:
        await super().merge(*values, within=within)
        self.now += self.merge_takes


@pytest.fixture
async def slow(conninfo: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlowStore]:
    store = SlowStore(conninfo, application_name="jaring-drainer")
    monkeypatch.setattr(drainer_module, "time", store)
    yield store
    await store.close()


# Prompt is what takes less than half of the deadline, which is 0.5 seconds in these tests.
PROMPT, NOT_PROMPT = 0.1875, 0.25


class TestSwitching:
    @pytest.mark.parametrize("was_well", [True, False])
    @pytest.mark.parametrize(
        ("statement", "merge", "well"),
        [
            (PROMPT, 0.0, True),
            (NOT_PROMPT, PROMPT, True),
            (PROMPT, NOT_PROMPT, True),
            (NOT_PROMPT, NOT_PROMPT, False),
        ],
    )
    async def test_one_prompt_answer_brings_the_taps_back(
        self, fallback: Failover, slow: SlowStore, statement: float, merge: float, well: bool, was_well: bool
    ) -> None:
        await fallback.take(entry(line()))
        if not was_well:
            fallback.switch_to_journal()
        slow.statement_takes, slow.merge_takes = statement, merge
        await Drainer(fallback, slow).drain()
        assert (fallback.postgres_well, fallback.waiting) == (well, 0)

    @pytest.mark.parametrize(("takes", "well"), [(PROMPT, True), (NOT_PROMPT, False)])
    async def test_the_question_alone_decides_without_waiting_taps(
        self, fallback: Failover, slow: SlowStore, takes: float, well: bool
    ) -> None:
        fallback.switch_to_journal()
        slow.statement_takes = takes
        await Drainer(fallback, slow).drain()
        assert fallback.postgres_well is well


class TestRounds:
    async def test_nothing_is_asked_while_all_is_well(self, fallback: Failover) -> None:
        drainer = Drainer(fallback, TapStore(AWAY, application_name="jaring-drainer"))
        await drainer.drain()
        for trouble in (fallback.switch_to_journal, lambda: fallback.lose(1, "memory full")):
            trouble()
            with pytest.raises(psycopg.OperationalError):
                await drainer.drain()
            fallback.switch_to_postgres()

    async def test_orphans_are_looked_for_at_first_and_then_at_intervals(
        self, directory: Path, fallback: Failover, slow: SlowStore, conninfo: str
    ) -> None:
        drainer = Drainer(fallback, slow, orphans_seconds=8.0)
        for seconds, found in ((0.0, 1), (7.75, 1), (8.0, 3), (15.75, 3), (16.0, 5)):
            slow.now = 1000.0 + seconds
            left_behind(directory, entry(line()))
            await drainer.drain()
            assert stored(conninfo) == found

    async def test_a_replaced_journal_is_drained_at_once(
        self, fallback: Failover, slow: SlowStore, conninfo: str
    ) -> None:
        drainer = Drainer(fallback, slow, orphans_seconds=8.0)
        await drainer.drain()
        for _ in range(3):
            await fallback.take(entry(line()))
        assert isinstance(fallback.journal, Journal)
        garble(fallback.journal.path, 2)
        await drainer.drain()
        assert (stored(conninfo), lost(conninfo)) == (2, 1)


class TestLeftBehind:
    async def test_a_good_journal_stays_in_use(self, fallback: Failover, drainer: Drainer) -> None:
        journal = fallback.journal
        await fallback.take(entry(line()))
        await drainer.drain()
        assert fallback.journal is journal

    async def test_nothing_of_a_good_orphan(self, directory: Path, fallback: Failover, drainer: Drainer) -> None:
        path = left_behind(directory, entry(line()))
        await drainer.drain()
        assert not list(directory.glob(f"{path.stem}*"))
        assert fallback.lost == 0

    async def test_a_record_without_numbers_counts_whole_chunks(
        self, directory: Path, drainer: Drainer, conninfo: str
    ) -> None:
        path = left_behind(directory, entry(line()), entry(line(), line()), entry(line()))
        garble(path, 2)
        await drainer.drain()
        assert (stored(conninfo), lost(conninfo)) == (2, 2)


async def test_what_was_stored_and_not_deleted_hides_no_loss(
    directory: Path, fallback: Failover, conninfo: str
) -> None:
    journal = Journal.create(directory)
    for taps in (2, 3):
        journal.append(entry(*(line() for _ in range(taps))))
    journal.losses.note(in_journal=5, written=2, now_ms=1)
    journal.close()
    garble(journal.path, 2)
    store = TapStore(conninfo, application_name="jaring-drainer")
    drainer = Drainer(fallback, store, orphans_seconds=0.0, chunk_taps=1)
    with contextlib.closing(sqlite3.connect(journal.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # so that the first chunk is stored, and cannot be deleted
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await drainer.drain()
    await drainer.close()
    assert stored(conninfo) == 2
    drainer = Drainer(fallback, store, orphans_seconds=0.0, chunk_taps=1)
    await drainer.drain()
    await drainer.close()
    assert (stored(conninfo), lost(conninfo), fallback.lost) == (2, 3, 3)


async def test_agents_of_joined_entries_are_all_stored(directory: Path, drainer: Drainer, conninfo: str) -> None:
    agents = [[number, f"agent {number}", 1, 2, "ios", None, 3] for number in (5, 6)]
    left_behind(
        directory,
        *(Entry(CLICKS.name, CLICKS.column_list, 1, known, line()) for known in (agents[:1], agents, agents[1:])),
    )
    await drainer.drain()
    assert rows(conninfo, "SELECT id, text, device FROM agents WHERE id <> 0 ORDER BY id") == [
        (5, "agent 5", "ios"),
        (6, "agent 6", "ios"),
    ]
