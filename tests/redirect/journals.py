"""Lines of taps, journals as killed processes leave them, and damage to them."""

import contextlib
import sqlite3
import time
from pathlib import Path
from uuid import UUID, uuid4

import psycopg

from campaigns.clicks.journal.drainer import Drainer
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.journal.journal import Entry, Journal
from campaigns.clicks.row import CLICKS
from campaigns.clicks.store import TapStore
from campaigns.kit.ids import uuid7_bytes

CAMPAIGN, LINK = uuid4(), uuid4()
NOTED = r"ID" + "\t0\t12\tid\t\\N\t\\N\t\\N\t\\N\t\\N"


def line(click_id: UUID | None = None, visitor: str = "7") -> bytes:
    identifier = (click_id or UUID(bytes=uuid7_bytes(time.time_ns() // 1_000_000))).hex
    return f"{CAMPAIGN.hex}\t{LINK.hex}\t{identifier}\t2026-11-23 01:02:03.004+00\t{visitor}\t{NOTED}\n".encode()


def entry(*lines: bytes) -> Entry:
    return Entry(CLICKS.name, CLICKS.column_list, len(lines), [], b"".join(lines))


def rows(conninfo: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(statement.encode()).fetchall()


def left_behind(directory: Path, *entries: Entry) -> Path:
    """A journal whose process was killed after it wrote these entries."""
    journal = Journal.create(directory)
    for one in entries:
        journal.append(one)
    journal.losses.note(in_journal=sum(one.taps for one in entries), now_ms=time.time_ns() // 1_000_000)
    journal.close()
    return journal.path


def garble(path: Path, number: int) -> None:
    """Make one entry of a journal one whose checksum is wrong."""
    alter(path, f"UPDATE batches SET block = zeroblob(length(block)) WHERE id = {number}")


def alter(path: Path, statement: str) -> None:
    """Change a journal from outside, as a damaged disk might."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(statement)


def killed_with_in_memory(directory: Path, taps: int) -> None:
    """What a process leaves behind that was killed while so many taps were only in its memory."""
    journal = Journal.create(directory)
    journal.losses.note(in_memory=taps, now_ms=time.time_ns() // 1_000_000)
    journal.close()


AWAY = "host=127.0.0.1 port=1 dbname=none"


def stored(conninfo: str) -> object:
    return rows(conninfo, "SELECT count(*) FROM clicks")[0][0]


def lost(conninfo: str) -> object:
    return rows(conninfo, "SELECT coalesce(sum(taps), 0)::int FROM tap_losses")[0][0]


async def drain_rounds(drainer: Drainer, rounds: int) -> None:
    """As its loop does; errors that the loop does not expect are let through."""
    for _ in range(rounds):
        with contextlib.suppress(psycopg.Error, OSError, TimeoutError, sqlite3.Error):
            await drainer.drain()


async def drained_by_the_next_process(directory: Path, conninfo: str) -> None:
    fallback = Failover(directory, deadline_seconds=0.5)
    drainer = Drainer(fallback, TapStore(conninfo, application_name="jaring-drainer"))
    await drainer.drain()
    await drainer.close()
    await fallback.close()
