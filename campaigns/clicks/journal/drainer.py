"""Move taps from journals to PostgreSQL once it answers again: from this process' journal and those of dead processes.

Each tap is stored exactly once: a chunk is merged in one transaction, where primary keys remove duplicates, and then
deleted from the journal. If the process is killed in between, the chunk is merged again without effect.
"""

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import psycopg
import structlog

from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.journal.journal import Chunk, Entry, Journal, adopt_orphans
from campaigns.clicks.journal.loss_record import now_ms
from campaigns.clicks.journal.null_journal import AnyJournal
from campaigns.clicks.row import CLICKS
from campaigns.clicks.store import TapStore

ORPHANS_SECONDS = 10.0
CHUNK_TAPS = 5_000
ATTEMPT_SECONDS = 10.0

# Fails if PostgreSQL lacks columns that this release writes.
_ASK = f"SELECT {CLICKS.column_list} FROM clicks LIMIT 0"  # noqa: S608 - names of our own
_INSERT_LOSS = (
    "INSERT INTO tap_losses (id, first_at, last_at, taps, reason) VALUES (%s, %s, %s, %s, %s)"
    " ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at, taps = excluded.taps"
)

log = structlog.get_logger("jaring.journal")


class Drainer:
    """Drains this process' journal and those of dead processes; switches taps back to PostgreSQL once it answers."""

    def __init__(
        self,
        fallback: Failover,
        store: TapStore,
        *,
        orphans_seconds: float = ORPHANS_SECONDS,
        chunk_taps: int = CHUNK_TAPS,
    ) -> None:
        """Look for orphans every `orphans_seconds`, and read entries until they have `chunk_taps` taps."""
        self._fallback = fallback
        self._store = store
        self._orphans_seconds = orphans_seconds
        self._chunk_taps = chunk_taps
        self._adopted: list[Journal] = []
        self._orphans_due = 0.0

    async def close(self) -> None:
        """Release the adopted journals that are not drained yet, and close the connection."""
        for journal in self._adopted:
            journal.close()
        await self._store.close()

    async def drain(self) -> None:
        """Store all taps of the journals, and check whether PostgreSQL accepts taps again.

        On psycopg.Error, OSError or sqlite3.Error the remaining taps stay in the journals for the next call.
        """
        fallback = self._fallback
        if not fallback.postgres_well or fallback.waiting or fallback.losses.counts.lost:
            await self._drain_own()
        if time.monotonic() >= self._orphans_due:
            self._orphans_due = time.monotonic() + self._orphans_seconds
            self._adopted += await fallback.off_loop(lambda: list(adopt_orphans(fallback.directory)))
        while self._adopted:
            # Moved to the end before the attempt, so that one that fails does not block the others.
            self._adopted.append(journal := self._adopted.pop(0))
            await self._drain_orphan(journal)
            self._adopted.remove(journal)

    async def _drain_own(self) -> None:
        fallback = self._fallback
        begun = time.monotonic()
        await self._store.execute(_ASK, within=fallback.deadline_seconds)
        prompt = time.monotonic() - begun < fallback.deadline_seconds / 2
        journal = fallback.journal
        while fallback.waiting and (chunk := await fallback.off_loop(lambda: journal.read(self._chunk_taps))):
            begun = time.monotonic()
            await self._merge(journal, chunk)
            # If a chunk was stored promptly, new taps go to PostgreSQL from now on, while draining continues.
            prompt = prompt or time.monotonic() - begun < fallback.deadline_seconds / 2
            self._switch(prompt)
            await fallback.drained(journal, chunk)
        self._switch(prompt)
        if journal.damaged:
            log.error("journal_damaged", taps=fallback.waiting)
            await fallback.replace(journal)
            self._orphans_due = 0.0
        await self._report(fallback.journal)

    def _switch(self, prompt: bool) -> None:
        if prompt:
            self._fallback.switch_to_postgres()
        else:
            self._fallback.switch_to_journal()

    async def _drain_orphan(self, journal: Journal) -> None:
        fallback, drained = self._fallback, 0
        missing, written = journal.losses.counts.in_journal, journal.losses.counts.written
        while chunk := await fallback.off_loop(lambda: journal.read(self._chunk_taps)):
            await self._merge(journal, chunk)
            drained += chunk.taps
            # 0: a record of an older release without `written`.
            missing = max(0, missing - chunk.taps_upto(written or chunk.upto))
            journal.losses.note(in_journal=missing, read=chunk.upto, now_ms=now_ms())
            await fallback.off_loop(partial(journal.forget, chunk.upto))
        missing = journal.losses.mark_lost(now_ms=now_ms(), reason="journal damaged or process killed")
        fallback.count_lost(missing)
        await self._report(journal)
        await fallback.off_loop(journal.quarantine if journal.damaged else journal.remove)
        log.info("orphan_drained", taps=drained, missing=missing)

    async def _merge(self, journal: AnyJournal, chunk: Chunk) -> None:
        # Counted after the whole chunk, since a failed chunk is merged again from its beginning.
        refused = 0
        for entry in _joined(chunk.numbered.values()):
            refused += await self._store_entry(entry)
        if refused:
            self._lose(journal, refused, "refused by the database")

    async def _store_entry(self, entry: Entry) -> int:
        """Merge one entry, and return the number of its lines that PostgreSQL rejects.

        These are found by halving: an entry that is rejected is merged again as two.
        """
        try:
            await self._store.merge(entry.table, entry.columns, entry.block, entry.agents, within=ATTEMPT_SECONDS)
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            lines = entry.block.splitlines(keepends=True)
            if len(lines) == 1:
                log.error("tap_refused", table=entry.table, sqlstate=error.sqlstate)
                return 1
            middle, refused = len(lines) // 2, 0
            for half in (lines[:middle], lines[middle:]):
                part = Entry(entry.table, entry.columns, len(half), entry.agents, b"".join(half))
                refused += await self._store_entry(part)
            return refused
        return 0

    def _lose(self, journal: AnyJournal, taps: int, reason: str) -> None:
        journal.losses.lose(taps, now_ms=now_ms(), reason=reason)
        self._fallback.count_lost(taps)

    async def _report(self, journal: AnyJournal) -> None:
        """Store the counted losses in PostgreSQL, where statistics read them."""
        counts = journal.losses.counts
        if not counts.lost:
            return
        first, last = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (counts.first_ms, counts.last_ms))
        lost = counts.lost
        values = (UUID(counts.id), first, last, lost, counts.reason)
        await self._store.execute(_INSERT_LOSS, values, within=ATTEMPT_SECONDS)
        journal.losses.acknowledge(lost)  # further taps may have been lost meanwhile


def _joined(entries: Iterable[Entry]) -> list[Entry]:
    """Combine entries with the same table and columns, since a transaction costs more than a line."""
    by_columns: dict[tuple[str, str], list[Entry]] = {}
    for entry in entries:
        by_columns.setdefault((entry.table, entry.columns), []).append(entry)
    return [
        Entry(
            table,
            columns,
            sum(one.taps for one in same),
            list({row[0]: row for one in same for row in one.agents}.values()),
            b"".join(one.block for one in same),
        )
        for (table, columns), same in by_columns.items()
    ]
