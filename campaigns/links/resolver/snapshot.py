"""A copy of all links on the machine's own disk, from which a server that starts without PostgreSQL serves them.

One SQLite file for all server processes of a machine. The one that holds its lock writes it: all links when changes may
have been missed, single ones when a change is notified.
"""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from campaigns.kit.database.connections import Connections
from campaigns.kit.files.lock import try_lock
from campaigns.kit.files.private import make_database_private, make_private_folder
from campaigns.kit.files.sqlite import sqlite_files
from campaigns.links.resolver.target import FACTS_SQL

ROWS_AT_ONCE = 500
# Some changes are not notified: units are renamed, other links of a campaign end.
REWRITE_AFTER = timedelta(hours=1)

_NEXT = f"{FACTS_SQL} WHERE link.slug > %s ORDER BY link.slug LIMIT %s".encode()


class LinkSnapshot:
    """A file of link facts (see FACTS_SQL) by slug. Its methods block, so callers keep them off the event loop."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, slug: str) -> str | None:
        """The facts of a link as they were last written; None if there are none, or no readable file."""
        # A full disk has no room for the file that readers share; without a log beside it, the file alone is all.
        for mode in ("mode=ro", "immutable=1"):
            with contextlib.suppress(sqlite3.Error):
                with contextlib.closing(sqlite3.connect(f"file:{self.path}?{mode}", uri=True, timeout=1.0)) as database:
                    row = database.execute("SELECT facts FROM links WHERE slug = ?", (slug,)).fetchone()
                return None if row is None else str(row[0])
        return None

    def write(self, facts_by_slug: Iterable[tuple[str, str]]) -> None:
        """Insert or replace the facts of links. Raises sqlite3.Error or OSError."""
        make_database_private(self.path)
        with contextlib.closing(sqlite3.connect(self.path, timeout=5.0)) as database, database:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("CREATE TABLE IF NOT EXISTS links (slug TEXT PRIMARY KEY, facts TEXT NOT NULL)")
            database.executemany("INSERT OR REPLACE INTO links (slug, facts) VALUES (?, ?)", facts_by_slug)

    def delete(self) -> None:
        """Delete the file."""
        for path in sqlite_files(self.path):
            path.unlink(missing_ok=True)

    def try_lock(self) -> int | None:
        """Lock the snapshot for writing until the returned descriptor is closed; None if another process holds it."""
        make_private_folder(self.path.parent)
        return try_lock(self.path.with_suffix(".lock"))


def open_link_snapshot(directory: Path) -> LinkSnapshot:
    """The snapshot that all server processes of this machine share, in the folder of their journals."""
    return LinkSnapshot(directory / "links.sqlite")


class SnapshotWriter:
    """Keeps the snapshot up to date for all processes of this machine, if this one holds its lock.

    It reads `rows_at_once` links with one query when it writes all.
    """

    def __init__(self, snapshot: LinkSnapshot, connections: Connections, *, rows_at_once: int = ROWS_AT_ONCE) -> None:
        self._snapshot = snapshot
        self._connections = connections
        self._rows_at_once = rows_at_once
        self._lock: int | None = None
        self._changed: set[str] = set()
        # None: they were not yet, or changes may have been missed since.
        self._all_written_at: datetime | None = None

    def mark_changed(self, slug: str) -> None:
        """Have this link written by the next `write`."""
        self._changed.add(slug)

    def mark_all_changed(self) -> None:
        """Have all links written by the next `write`, since changes may have been missed."""
        self._all_written_at = None

    async def write(self, now: datetime) -> None:
        """Write the links that changed, or all of them once an hour. Does nothing if another process holds the lock.

        Raises psycopg.Error, OSError or sqlite3.Error; what was not written is written by the next call. A damaged file
        is deleted, to be made anew.
        """
        if self._lock is None:
            self._lock = await asyncio.to_thread(self._snapshot.try_lock)
        if self._lock is None:
            self._changed.clear()  # the holder of the lock is notified of them too
            return
        try:
            if self._all_written_at is None or now - self._all_written_at > REWRITE_AFTER:
                await self._write_all(now)
            elif self._changed:
                await self._write_changed()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self._snapshot.delete()
            self._all_written_at = None
            raise

    async def close(self) -> None:
        """Release the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _write_all(self, now: datetime) -> None:
        self._all_written_at = now  # at once, since they may be marked as changed again meanwhile
        self._changed.clear()
        after = ""
        try:
            while True:
                async with self._connections() as connection:
                    cursor = await connection.execute(
                        f"{FACTS_SQL} WHERE link.slug > %s ORDER BY link.slug LIMIT {self._rows_at_once}".encode(),
                        (after,),
                    )
                    rows = await cursor.fetchall()
                if not rows:
                    return
                await asyncio.to_thread(self._snapshot.write, rows)
                after = rows[-1][0]
        except BaseException:
            self._all_written_at = None
            raise

    async def _write_changed(self) -> None:
        changed, self._changed = self._changed, set()
        try:
            async with self._connections() as connection:
                cursor = await connection.execute(f"{FACTS_SQL} WHERE link.slug = ANY(%s)".encode(), (list(changed),))
                rows = await cursor.fetchall()
            await asyncio.to_thread(self._snapshot.write, rows)
        except BaseException:
            self._changed |= changed
            raise
