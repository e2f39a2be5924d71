"""Where taps go while PostgreSQL does not answer: what the writers of one process and its drainer share."""

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import structlog
from prometheus_client import Counter, Gauge

from campaigns.clicks.journal.file import Chunk, Entry, Journal
from campaigns.clicks.journal.losses import LossRecord

JOURNALLED = Counter("jaring_taps_journalled_total", "Taps put into the local journal.")
LOST = Counter("jaring_taps_lost_total", "Taps given up: no room in journal and memory, damaged, or refused.")
IN_JOURNAL = Gauge(
    "jaring_journal_taps", "Taps in the local journal, not in PostgreSQL yet.", multiprocess_mode="livesum"
)
WELL = Gauge("jaring_postgres_takes_taps", "1 while taps go to PostgreSQL at once.", multiprocess_mode="livemin")

log = structlog.get_logger("jaring.journal")
T = TypeVar("T")


class Fallback:
    """One process' journal and the switch between it and PostgreSQL. `deadline_seconds` is the longest a tap waits."""

    def __init__(self, directory: Path, *, deadline_seconds: float) -> None:
        self.directory = directory
        self.deadline_seconds = deadline_seconds
        self.postgres_well = True
        self.journal = Journal.create(directory)
        self.waiting = 0
        self.lost = 0
        self._in_memory: dict[str, int] = {}
        # One thread: SQLite calls come one after the other, and none of them on the event loop.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        WELL.set(1)

    @property
    def losses(self) -> LossRecord:
        return self.journal.losses

    async def off_loop(self, work: Callable[[], T]) -> T:
        """Do something that blocks in the journal's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def use_postgres(self, well: bool) -> None:
        """Send taps to PostgreSQL from now on, or to the journal."""
        if well != self.postgres_well:
            log.warning("capture_switched", to="postgresql" if well else "journal")
        self.postgres_well = well
        WELL.set(int(well))

    async def take(self, entry: Entry) -> bool:
        """Put a batch into the journal; False if that cannot be done either."""
        try:
            await self.off_loop(lambda: self.journal.append(entry))
        except (sqlite3.Error, OSError) as error:
            log.error("journal_refused", taps=entry.taps, error=type(error).__name__, reason=str(error))
            if not isinstance(error, sqlite3.OperationalError):
                await self.replace()
            return False
        self._count(self.waiting + entry.taps)
        JOURNALLED.inc(entry.taps)
        return True

    async def drained(self, chunk: Chunk) -> None:
        """Take a chunk that is in PostgreSQL out of the journal."""
        self._count(max(0, self.waiting - chunk.taps))
        await self.off_loop(lambda: self.journal.forget(chunk.upto))
        if not self.waiting:
            await self.off_loop(self.journal.shrink)

    async def replace(self) -> None:
        """Go on with a new file, since the present one is damaged; that one is left to be drained as an orphan."""
        try:
            new = await self.off_loop(lambda: Journal.create(self.directory))
        except (sqlite3.Error, OSError):
            return
        old, self.journal, self.waiting = self.journal, new, 0
        await self.off_loop(old.close)

    def in_memory(self, table: str, taps: int) -> None:
        """Note that so many taps for a table are neither in PostgreSQL nor in the journal."""
        self._in_memory[table] = taps
        self.losses.note(in_memory=sum(self._in_memory.values()), now_ms=time.time_ns() // 1_000_000)

    def lose(self, taps: int, reason: str) -> None:
        """Count taps that nothing could take."""
        self.losses.lose(taps, now_ms=time.time_ns() // 1_000_000, reason=reason)
        self.count_lost(taps)

    def count_lost(self, taps: int) -> None:
        """Count taps whose loss is written down elsewhere."""
        self.lost += taps
        LOST.inc(taps)

    async def close(self) -> None:
        """Give the journal up; it stays for the next process only if something is in it."""
        counts = self.losses.counts
        empty = not (self.waiting or counts.lost or counts.in_memory)
        await self.off_loop(self.journal.remove if empty else self.journal.close)
        self._thread.shutdown()

    def _count(self, taps: int) -> None:
        self.waiting = taps
        IN_JOURNAL.set(taps)
        self.losses.note(in_journal=taps, now_ms=time.time_ns() // 1_000_000)
