"""The links as this machine knew them last, on its own disk, so that a start without PostgreSQL can serve them.

One SQLite file for all server processes of a machine; one of them, whichever holds the lock, keeps it up to date: all
links whenever changes may have been missed, single ones as they are announced.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

import psycopg
import structlog

from campaigns.kit.database.connections import Connections
from campaigns.kit.file_lock import try_lock
from campaigns.kit.sqlite_files import sqlite_files
from campaigns.links.resolver.target import FACTS_SQL

ROUND_SECONDS = 1.0
ROWS_AT_ONCE = 500
# What links lead to changes without an announcement too: units are renamed, live links end.
REFRESH_SECONDS = 3600.0

log = structlog.get_logger("jaring.links")


class LinkSnapshot:
    """The file of link facts by slug. It blocks, so callers keep it off the event loop."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def recall(self, slug: str) -> str | None:
        """The facts of a link as they were last seen; None if there are none, or no readable file."""
        # A full disk has no room for the file that readers share; without a log beside it, the file alone is all.
        for mode in ("mode=ro", "immutable=1"):
            with contextlib.suppress(sqlite3.Error):
                with contextlib.closing(sqlite3.connect(f"file:{self.path}?{mode}", uri=True, timeout=1.0)) as database:
                    row = database.execute("SELECT facts FROM links WHERE slug = ?", (slug,)).fetchone()
                return None if row is None else str(row[0])
        return None

    def remember(self, found: Iterable[tuple[str, str]]) -> None:
        """Store or replace facts by slug. Errors are sqlite3.Error."""
        with contextlib.closing(sqlite3.connect(self.path, timeout=5.0)) as database, database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE IF NOT EXISTS links (slug TEXT PRIMARY KEY, facts TEXT NOT NULL)")
            database.executemany("INSERT OR REPLACE INTO links (slug, facts) VALUES (?, ?)", found)

    def discard(self) -> None:
        """Delete the file."""
        for path in sqlite_files(self.path):
            path.unlink(missing_ok=True)

    def lock(self) -> int | None:
        """Take the right to write, for as long as the descriptor is open; None if another process has it."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return try_lock(self.path.with_suffix(".lock"))


def open_link_snapshot(directory: Path) -> LinkSnapshot:
    """The memory that all server processes of this machine share, in the folder of their journals."""
    return LinkSnapshot(directory / "links.sqlite")


class SnapshotWriter:
    """Keeps the file up to date; told of changes by the listener."""

    def __init__(self, memory: LinkSnapshot, connections: Connections) -> None:
        self._memory = memory
        self._connections = connections
        self._changed: set[str] = set()
        self._everything = True

    def refresh(self, slug: str) -> None:
        """Note that a link changed."""
        self._changed.add(slug)

    def refresh_all(self) -> None:
        """Note that any link may have changed."""
        self._everything = True

    async def keep(self) -> None:
        """Write what changed, for ever; run as a task and cancelled to stop."""
        lock: int | None = None
        last = 0.0
        try:
            while True:
                await asyncio.sleep(ROUND_SECONDS)
                now = asyncio.get_running_loop().time()
                try:
                    lock = lock if lock is not None else await asyncio.to_thread(self._memory.lock)
                    if lock is None:
                        self._changed.clear()  # the holder of the lock hears of them too
                        continue
                    if self._everything or now - last > REFRESH_SECONDS:
                        await self._write_all()
                        last = now
                    elif self._changed:
                        await self._write_changed()
                except (psycopg.Error, OSError, TimeoutError, sqlite3.Error) as error:
                    log.warning("links_not_remembered", error=type(error).__name__)
                    if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
                        self._memory.discard()  # damaged; it is only a copy, so it is made anew
                        self._everything = True
        finally:
            if lock is not None:
                os.close(lock)

    async def _write_all(self) -> None:
        self._everything = False
        self._changed.clear()
        after = ""
        try:
            while True:
                async with self._connections() as connection:
                    cursor = await connection.execute(
                        f"{FACTS_SQL} WHERE link.slug > %s ORDER BY link.slug LIMIT {ROWS_AT_ONCE}".encode(), (after,)
                    )
                    rows = await cursor.fetchall()
                if not rows:
                    return
                await asyncio.to_thread(self._memory.remember, rows)
                after = rows[-1][0]
        except BaseException:
            self._everything = True
            raise

    async def _write_changed(self) -> None:
        changed, self._changed = self._changed, set()
        try:
            async with self._connections() as connection:
                cursor = await connection.execute(f"{FACTS_SQL} WHERE link.slug = ANY(%s)".encode(), (list(changed),))
                rows = await cursor.fetchall()
            await asyncio.to_thread(self._memory.remember, rows)
        except BaseException:
            self._changed |= changed
            raise
