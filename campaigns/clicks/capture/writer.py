"""Storing taps durably, many in one commit: a tap waits until the COPY that holds it is on disk (group commit).

Used by the redirect alone, so it knows psycopg and nothing heavier. While one batch is being stored the next one
collects: a batch holds whatever arrived during the last commit, and for the rest of `pace_seconds` if that was shorter.

    PostgreSQL answers in time   -> COPY, then the browser is sent on
    it does not                  -> local journal (on disk too), then the browser is sent on; a drainer replays it
    the journal is full as well, -> the browser is sent on, the batch stays in memory and is tried again
    or its disk does not answer
    memory is full, or it stops  -> lost, counted, and shown in statistics
"""

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Iterator

import psycopg
import structlog
from prometheus_client import Counter, Gauge

from campaigns.clicks.capture.agent_cache import CachedAgent
from campaigns.clicks.capture.batch import Batch
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.journal.journal import Entry
from campaigns.clicks.pg_copy import CopyTable
from campaigns.clicks.store import TapStore
from campaigns.kit.batched_counter import BatchedCounter

STORED = Counter("jaring_taps_stored_total", "Taps committed directly to PostgreSQL.", ["table"])
LATE_TAPS = Counter("jaring_taps_late_total", "Taps redirected before they were on any disk.", ["table"])
WAITING = Gauge(
    "jaring_taps_waiting", "Redirected taps that are in memory only.", ["table"], multiprocess_mode="livesum"
)
COMMITS = Counter("jaring_taps_commits_total", "Commits of directly stored taps.", ["table"])

MAX_TAPS_IN_COMMIT = 5_000
# Commits begin at least so far apart. One costs the server and PostgreSQL some 300 microseconds of their processors,
# however few taps it holds; at thousands a second, more taps in each leave more time to all of them, and the slowest
# tap is faster for it. A tap that comes alone does not wait.
PACE_SECONDS = 0.0015
RETRY_SECONDS = 0.25
# What the journal's disk may take once PostgreSQL has had its deadline; a healthy one takes some milliseconds.
JOURNAL_SECONDS = 2.0

log = structlog.get_logger("jaring.capture")


class TapWriter:
    """Stores the taps of one server process in one table; `backlog` is the most taps kept in memory."""

    def __init__(
        self,
        store: TapStore,
        table: CopyTable,
        fallback: Failover,
        *,
        backlog: int,
        pace_seconds: float = PACE_SECONDS,
        max_taps_in_commit: int = MAX_TAPS_IN_COMMIT,
        journal_seconds: float = JOURNAL_SECONDS,
    ) -> None:
        self._store = store
        self._table = table
        self._fallback = fallback
        self._backlog = backlog
        self._pace_seconds = pace_seconds
        self._max_taps_in_commit = max_taps_in_commit
        self._longest_wait = fallback.deadline_seconds + journal_seconds
        self._full: deque[Batch] = deque()
        self._open = Batch()
        self._unsaved: deque[Batch] = deque()
        self._saving: list[Batch] = []  # the batch that is being put on a disk
        self._stuck = False  # since no disk answers; new taps do not wait for it
        self._stopped = False
        self._filled = asyncio.Event()
        self._begun = -math.inf  # when the last commit began
        self._due: float | None = None  # when the next one may begin, while taps wait for that
        self._is_due = asyncio.Event()
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._stored, self._commits = (
            BatchedCounter(STORED.labels(table.name)),
            BatchedCounter(COMMITS.labels(table.name)),
        )
        self._late = LATE_TAPS.labels(table.name)
        self._gauge = WAITING.labels(table.name)

    @property
    def waiting(self) -> int:
        """Taps in memory that are on no disk yet."""
        return self._waiting

    @property
    def waiting_seconds(self) -> float:
        """How long the oldest of them has been waiting; 0 if there is none."""
        opened = [batch.opened for batch in self._in_memory() if batch.lines]
        return time.monotonic() - min(opened) if opened else 0.0

    def start(self) -> asyncio.Task[None]:
        """Begin storing; returns the task that does it, which ends only by `stop`. Needs a running event loop."""
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run(), name=f"taps into {self._table.name}")
        return self._task

    async def stop(self, *, within_seconds: float) -> None:
        """Put what is waiting on a disk, for so long at most; what is left then is lost and counted."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                while self._waiting:
                    await asyncio.sleep(0.01)
        self._stopped = True
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        left, self._waiting = self._waiting, 0
        if left:
            self._fallback.lose(left, "stopped with full disks", no_longer_in_memory=self._table.name)
            log.error("taps_lost_at_stop", table=self._table.name, taps=left)
        for batch in self._in_memory():
            batch.answer(False)
        await self._store.close()

    def write(self, line: bytes, agent: CachedAgent) -> "asyncio.Future[bool]":
        """Take one line of COPY text, ended by a newline, and its agent.

        The future is true once both are on disk, and false if the tap is to be sent on although they are not: it is
        done after the deadline for PostgreSQL and `journal_seconds`, whatever happens.
        """
        waiter: asyncio.Future[bool] = self._loop.create_future()
        if self._waiting >= self._backlog or self._stopped:
            self._fallback.lose(1, "stopped" if self._stopped else "memory full")
            waiter.set_result(False)
            return waiter
        batch = self._open
        if len(batch.lines) >= self._max_taps_in_commit:
            self._full.append(batch)
            batch = self._open = Batch()
        if not batch.lines:
            batch.opened = time.monotonic()
            batch.timer = self._loop.call_later(self._longest_wait, self._send_on, batch)
            self._filled.set()
        batch.lines.append(line)
        if self._stuck:
            self._late.inc()
            waiter.set_result(False)
        else:
            batch.waiters.append(waiter)
        if not agent.stored:
            batch.agents[agent.id] = agent
        self._waiting += 1
        if self._due is not None and time.monotonic() >= self._due:
            self._is_due.set()
        return waiter

    def _send_on(self, batch: Batch) -> None:
        """End the wait for a batch that no disk has taken; it is stored when one does."""
        if batch is self._open:  # further taps need a limit of their own
            self._full.append(batch)
            self._open = Batch()
        if not self._stuck:
            log.error("taps_stuck", table=self._table.name, taps=self._waiting)
        self._stuck = True
        self._late.inc(len(batch.waiters))
        batch.answer(False)
        self._note_unsaved()

    def _in_memory(self) -> Iterator[Batch]:
        """All taps that are on no disk yet, roughly the oldest first."""
        yield from (*self._unsaved, *self._saving, *self._full, self._open)

    async def _run(self) -> None:
        while True:
            if self._unsaved:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._filled.wait(), RETRY_SECONDS)
            else:
                await self._filled.wait()
            self._filled.clear()
            # Taps whose requests are in the event loop's queue already join this commit: as long as each turn of the
            # loop brings some, they share its cost. A single tap waits for one empty turn.
            collected = 0
            while collected != len(self._open.lines) < self._max_taps_in_commit:
                collected = len(self._open.lines)
                await asyncio.sleep(0)
            await self._pace()
            while self._full:
                await self._save(self._full.popleft())
            fresh, self._open = self._open, Batch()
            if fresh.lines:
                await self._save(fresh)
            if self._unsaved:
                await self._save_overdue()

    async def _pace(self) -> None:
        """Wait until the next commit may begin.

        The first tap after that moment ends it, a timer at the latest: those of the event loop are of milliseconds.
        """
        due = self._begun + self._pace_seconds
        while time.monotonic() < due:
            self._due = due
            self._is_due.clear()
            timer = self._loop.call_later(self._pace_seconds, self._is_due.set)
            await self._is_due.wait()
            timer.cancel()
        self._due = None
        self._begun = time.monotonic()

    async def _save(self, batch: Batch) -> None:
        """Put the batch on a disk, whichever takes it in time, and send on those who wait for it."""
        self._saving = [batch]
        try:
            entry = self._entry(batch)
            saved = (
                self._fallback.postgres_well and await self._stored_in_time(batch, entry)
            ) or await self._fallback.take(entry)
        except Exception as error:  # nothing that one batch does may keep the next ones waiting
            log.error("batch_failed", table=self._table.name, error=type(error).__name__)
            saved = False
        self._saving, self._stuck = [], False
        if saved:
            self._finish(batch)
        else:
            self._late.inc(len(batch.waiters))
            batch.answer(False)
            self._put_off(batch)
        if batch.sent_on:
            self._note_unsaved()

    def _put_off(self, batch: Batch) -> None:
        """Keep a batch in memory, in one with those before it as far as a commit takes them."""
        last = self._unsaved[-1] if self._unsaved else None
        if last is not None and len(last.lines) + len(batch.lines) <= self._max_taps_in_commit:
            last.lines += batch.lines
            last.agents |= batch.agents
        else:
            self._unsaved.append(batch)

    async def _stored_in_time(self, batch: Batch, entry: Entry) -> bool:
        within = batch.opened + self._fallback.deadline_seconds - time.monotonic()
        try:
            await self._store.add(self._table, entry.block, entry.agents, within=max(within, 0.001))
        except (psycopg.DataError, psycopg.IntegrityError):
            # A line that cannot be stored: the drainer looks for it, and takes its time.
            return False
        except (psycopg.Error, OSError, TimeoutError) as error:
            # It may have arrived all the same; the journal's entries are merged, so that no tap is there twice.
            log.warning("postgresql_late", table=self._table.name, error=type(error).__name__)
            self._fallback.switch_to_journal()
            return False
        for agent in batch.agents.values():
            agent.stored = True
        self._stored.add(len(batch.lines))
        self._commits.add()
        return True

    async def _save_overdue(self) -> None:
        """Try again what is only in memory."""
        # Taps that have just come do not wait for all of it.
        while self._unsaved and await self._saved(self._entry(self._unsaved[0])):
            self._finish(self._unsaved.popleft())
            if self._open.lines:
                break
        self._note_unsaved()

    def _note_unsaved(self) -> None:
        taps = sum(len(batch.lines) for batch in self._in_memory() if batch.sent_on)
        self._fallback.in_memory(self._table.name, taps)
        self._gauge.set(taps)

    async def _saved(self, entry: Entry) -> bool:
        if self._fallback.postgres_well:
            within = self._fallback.deadline_seconds / 2
            try:
                await self._store.merge(entry.table, entry.columns, entry.block, entry.agents, within=within)
            except (psycopg.DataError, psycopg.IntegrityError):
                pass
            except (psycopg.Error, OSError, TimeoutError):
                self._fallback.switch_to_journal()
            else:
                return True
        return await self._fallback.take(entry)

    def _finish(self, batch: Batch) -> None:
        self._waiting -= len(batch.lines)
        batch.answer(True)

    def _entry(self, batch: Batch) -> Entry:
        agents = [agent.row() for agent in batch.agents.values()]
        return Entry(self._table.name, self._table.column_list, len(batch.lines), agents, b"".join(batch.lines))
