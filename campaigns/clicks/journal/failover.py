"""Switch between PostgreSQL and the local journal; shared by a process' tap writers and its drainer."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import structlog
from prometheus_client import Counter, Gauge

from campaigns.clicks.journal.journal import Chunk, Entry, Journal
from campaigns.clicks.journal.loss_record import LossRecord, now_ms
from campaigns.clicks.journal.null_journal import AnyJournal, NullJournal

JOURNALLED = Counter("jaring_taps_journalled_total", "Taps written to the local journal.")
LOST = Counter("jaring_taps_lost_total", "Taps lost: journal and memory full, or damaged or rejected entries.")
IN_JOURNAL = Gauge(
    "jaring_journal_taps", "Taps in the local journal that are not in PostgreSQL yet.", multiprocess_mode="livesum"
)
WELL = Gauge(
    "jaring_postgres_takes_taps",
    "1 while taps are written directly to PostgreSQL, else 0.",
    multiprocess_mode="livemin",
)

log = structlog.get_logger("jaring.journal")
T = TypeVar("T")


class Failover:
    """A process' journal, and whether taps go to it or to PostgreSQL. `deadline_seconds`: the longest wait of a tap."""

    def __init__(self, directory: Path, *, deadline_seconds: float) -> None:
        self.directory = directory
        self.deadline_seconds = deadline_seconds
        self.postgres_well = True
        # Held while a batch is appended and counted, so that the journal is not replaced in between.
        self._switching = asyncio.Lock()
        try:
            self.journal: AnyJournal = Journal.create(directory)
        except (sqlite3.Error, OSError) as error:
            log.error("journal_missing", error=type(error).__name__, reason=str(error))
            self.journal = NullJournal()
        self.waiting = 0
        self.lost = 0
        self._in_memory: dict[str, int] = {}
        # One thread: SQLite calls run one after the other, and not on the event loop.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        WELL.set(1)

    @property
    def losses(self) -> LossRecord:
        return self.journal.losses

    async def off_loop(self, work: Callable[[], T]) -> T:
        """Run a blocking function in the journal's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def switch_to_postgres(self) -> None:
        """Send taps to PostgreSQL from now on."""
        if not self.postgres_well:
            log.warning("capture_switched", to="postgresql")
        self.postgres_well = True
        WELL.set(1)

    def switch_to_journal(self) -> None:
        """Send taps to the journal from now on."""
        if self.postgres_well:
            log.warning("capture_switched", to="journal")
        self.postgres_well = False
        WELL.set(0)

    async def take(self, entry: Entry) -> bool:
        """Write a batch to the journal; False if that failed."""
        async with self._switching:
            journal = self.journal
            try:
                number = await self.off_loop(lambda: journal.append(entry))
            except (sqlite3.Error, OSError) as error:
                log.error("journal_refused", taps=entry.taps, error=type(error).__name__, reason=str(error))
                refused = error
            else:
                self._count(self.waiting + entry.taps, written=number)
                JOURNALLED.inc(entry.taps)
                return True
        if not isinstance(refused, sqlite3.OperationalError):
            await self.replace(journal)
        return False

    async def drained(self, journal: AnyJournal, chunk: Chunk) -> None:
        """Delete a chunk that is stored in PostgreSQL from the journal it was read from."""
        if journal is not self.journal:
            return  # replaced meanwhile: it is drained again as an orphan, without effect
        # Counted first: if the process is killed before the deletion, these taps are not counted as lost.
        self._count(max(0, self.waiting - chunk.taps), read=chunk.upto)
        await self.off_loop(lambda: journal.forget(chunk.upto))
        if not self.waiting:
            await self.off_loop(journal.shrink)

    async def replace(self, old: AnyJournal) -> None:
        """Continue with a new file, because the old one is damaged or missing; the old one is drained as an orphan.

        Taps in memory stay with this process.
        """
        async with self._switching:
            if old is not self.journal:
                return
            try:
                new = await self.off_loop(lambda: Journal.create(self.directory))
            except (sqlite3.Error, OSError):
                return
            self.journal, self.waiting = new, 0
            new.losses.take_over(old.losses, in_memory=sum(self._in_memory.values()), now_ms=now_ms())
            await self.off_loop(old.close)

    def in_memory(self, table: str, taps: int) -> None:
        """Set the number of a table's taps that are neither in PostgreSQL nor in the journal."""
        self._in_memory[table] = taps
        self.losses.note(in_memory=sum(self._in_memory.values()), now_ms=now_ms())

    def lose(self, taps: int, reason: str, *, no_longer_in_memory: str | None = None) -> None:
        """Count lost taps. `no_longer_in_memory`: the table whose taps in memory are among them."""
        if no_longer_in_memory is not None:
            self._in_memory.pop(no_longer_in_memory, None)
            self.losses.counts.in_memory = sum(self._in_memory.values())  # written to the file together with the loss
        self.losses.lose(taps, now_ms=now_ms(), reason=reason)
        self.count_lost(taps)

    def count_lost(self, taps: int) -> None:
        """Count lost taps in the metrics only; the caller has recorded the loss."""
        self.lost += taps
        LOST.inc(taps)

    async def close(self) -> None:
        """Close the journal, and delete it if it is empty."""
        counts = self.losses.counts
        empty = not (self.waiting or counts.lost or counts.in_memory)
        await self.off_loop(self.journal.remove if empty else self.journal.close)
        self._thread.shutdown()

    def _count(self, taps: int, *, read: int | None = None, written: int | None = None) -> None:
        self.waiting = taps
        IN_JOURNAL.set(taps)
        self.losses.note(in_journal=taps, read=read, written=written, now_ms=now_ms())
