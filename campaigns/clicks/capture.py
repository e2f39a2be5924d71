"""Storing taps durably, many in one commit: a tap waits until the COPY that holds it is on disk (group commit).

Used by the redirect alone, so it knows psycopg and nothing heavier. While one batch is being stored the next one
collects; so a batch holds whatever arrived during the last commit, and no tap waits for a timer.

When PostgreSQL does not answer, taps are let go at the deadline and their batch goes on being tried from memory. A
batch that may have arrived already is sent again through a staging table: the primary key removes doubles.
"""

import asyncio
import contextlib
from dataclasses import dataclass, field

import psycopg
import structlog
from prometheus_client import Counter, Gauge, Histogram

from campaigns.clicks.copying import copy_block

STORED = Counter("jaring_taps_stored_total", "Taps committed to PostgreSQL.", ["table"])
LOST = Counter(
    "jaring_taps_lost_total", "Taps given up: memory was full, the row was refused, or the server stopped.", ["table"]
)
LATE = Counter("jaring_taps_late_total", "Taps let go at the deadline before they were stored.", ["table"])
WAITING = Gauge("jaring_taps_waiting", "Taps in memory, not stored yet.", ["table"], multiprocess_mode="livesum")
BATCH = Histogram(
    "jaring_taps_batch", "Taps stored in one commit.", ["table"], buckets=(1, 2, 5, 10, 20, 50, 100, 1000)
)

ATTEMPT_SECONDS = 5.0
FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0

log = structlog.get_logger("jaring.capture")


@dataclass(frozen=True, slots=True)
class CopyTable:
    """A table that taps are copied to, with the columns a line holds in order."""

    name: str
    columns: tuple[str, ...]

    def copy_into(self, target: str) -> bytes:
        """The COPY statement for these columns into the table itself or one like it."""
        return f"COPY {target} ({', '.join(self.columns)}) FROM STDIN".encode()


CLICKS = CopyTable("clicks", ("campaign_id", "link_id", "id", "clicked_at", "visitor"))
ORPHANS = CopyTable("orphan_clicks", ("slug", "id", "clicked_at", "visitor"))


@dataclass(slots=True, eq=False)
class _Batch:
    """Lines of COPY text that came in one after the other; `settled` is set once they are stored or too late."""

    lines: list[bytes] = field(default_factory=list)
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    stored: bool = False
    timer: asyncio.TimerHandle | None = None


class TapWriter:
    """Stores the taps of one server process in one table over one connection of its own.

    `deadline_seconds` is the longest a tap waits, `backlog` the most taps kept in memory.
    """

    def __init__(self, conninfo: str, table: CopyTable, *, deadline_seconds: float, backlog: int) -> None:
        self._conninfo = conninfo
        self._table = table
        self._deadline = deadline_seconds
        self._backlog = backlog
        self._open = _Batch()
        self._overdue: list[_Batch] = []
        self._filled = asyncio.Event()
        self._waiting = 0
        self._connection: psycopg.AsyncConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._stored = STORED.labels(table.name)
        self._lost = LOST.labels(table.name)
        self._late = LATE.labels(table.name)
        self._gauge = WAITING.labels(table.name)
        self._sizes = BATCH.labels(table.name)

    @property
    def waiting(self) -> int:
        """Taps in memory that are not stored yet."""
        return self._waiting

    def start(self) -> asyncio.Task[None]:
        """Begin storing; returns the task that does it, which ends only by `stop`. Needs a running event loop."""
        self._task = asyncio.create_task(self._run(), name=f"taps into {self._table.name}")
        return self._task

    async def stop(self, *, within_seconds: float) -> None:
        """Store what is waiting, for so long at most; what is left then is lost and counted."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_seconds):
                while self._waiting:
                    await asyncio.sleep(0.01)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._waiting:
            self._lost.inc(self._waiting)
            log.error("taps_lost_at_stop", table=self._table.name, taps=self._waiting)
        await self._disconnect()

    async def write(self, line: bytes) -> bool:
        """Store one line of COPY text, ended by a newline; True once it is durable, False if it was let go."""
        if self._waiting >= self._backlog:
            self._lost.inc()
            return False
        batch = self._open
        batch.lines.append(line)
        self._waiting += 1
        if batch.timer is None:
            batch.timer = asyncio.get_running_loop().call_later(self._deadline, self._let_go, batch)
            self._filled.set()
        await batch.settled.wait()
        return batch.stored

    def _let_go(self, batch: _Batch) -> None:
        """Send on everybody who waits for the batch; it is stored as soon as that is possible."""
        self._late.inc(len(batch.lines))
        batch.settled.set()
        if batch is self._open:
            self._overdue.append(batch)
            self._open = _Batch()

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            # Taps whose requests are in the event loop's queue already join this commit: as long as each turn of the
            # loop brings some, they share its cost. A single tap waits for one empty turn.
            collected = 0
            while collected != len(self._open.lines):
                collected = len(self._open.lines)
                await asyncio.sleep(0)
            batches = [*self._overdue, self._open]
            self._overdue, self._open = [], _Batch()
            lines = [line for batch in batches for line in batch.lines]
            lost = await self._store(lines, again=False)
            for batch in batches:
                batch.stored = True
                batch.settled.set()
                if batch.timer is not None:
                    batch.timer.cancel()
            self._waiting -= len(lines)
            self._stored.inc(len(lines) - lost)
            self._sizes.observe(len(lines))
            self._gauge.set(self._waiting)

    async def _store(self, lines: list[bytes], *, again: bool) -> int:
        """Send the lines until PostgreSQL has them; returns how many it refused for what they hold."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    await self._send(b"".join(lines), again=again)
                return 0
            except (psycopg.DataError, psycopg.IntegrityError) as error:
                if len(lines) > 1:
                    # One row that cannot be stored must not take its batch along: halve until it stands alone.
                    middle = len(lines) // 2
                    first = await self._store(lines[:middle], again=again)
                    return first + await self._store(lines[middle:], again=again)
                self._lost.inc()
                log.error("tap_refused", table=self._table.name, sqlstate=error.sqlstate)
                return 1
            except (psycopg.Error, OSError, TimeoutError) as error:
                # The commit may have happened before the connection broke, so from now on doubles are possible.
                log.warning("taps_waiting", table=self._table.name, taps=self._waiting, error=type(error).__name__)
                again = True
                self._gauge.set(self._waiting)
                await self._disconnect()
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _send(self, block: bytes, *, again: bool) -> None:
        connection = self._connection or await self._connect()
        table = self._table
        if not again:
            await copy_block(connection, table.copy_into(table.name), block)
            return
        async with connection.transaction(), connection.cursor() as cursor:
            await cursor.execute(f"CREATE TEMPORARY TABLE taps_again (LIKE {table.name}) ON COMMIT DROP".encode())
            await copy_block(connection, table.copy_into("taps_again"), block)
            await cursor.execute(
                f"INSERT INTO {table.name} SELECT * FROM taps_again ON CONFLICT DO NOTHING".encode()  # noqa: S608
            )

    async def _connect(self) -> psycopg.AsyncConnection:
        self._connection = await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, connect_timeout=5, application_name="jaring-taps"
        )
        return self._connection

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()
