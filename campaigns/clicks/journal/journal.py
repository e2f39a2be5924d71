"""The journal of one process: a SQLite file for batches of taps while PostgreSQL does not answer, each synced to disk.

Every entry has a checksum, so that damaged entries are detected; SQLite itself discards an incomplete last write. The
process holds a lock file next to the journal until it ends: a journal whose lock is free is an orphan. All functions
block, so call them outside the event loop.
"""

import contextlib
import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from campaigns.clicks.journal.loss_record import SUFFIX as LOSSES_SUFFIX
from campaigns.clicks.journal.loss_record import LossRecord
from campaigns.clicks.row import RENAMED_TABLES
from campaigns.clicks.store import AgentRow
from campaigns.kit.files.lock import try_lock
from campaigns.kit.files.private import make_database_private, make_private_folder
from campaigns.kit.files.sqlite import sqlite_files

SUFFIX = ".journal"
LOCK_SUFFIX = ".lock"
DAMAGED_SUFFIX = ".damaged"

# AUTOINCREMENT: numbers of deleted entries are not reused.
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS batches (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        target TEXT NOT NULL,
        columns TEXT NOT NULL,
        taps INTEGER NOT NULL,
        agents TEXT NOT NULL,
        block BLOB NOT NULL,
        checksum INTEGER NOT NULL
    )
"""
_SELECT = "SELECT id, target, columns, taps, agents, block, checksum FROM batches"


@dataclass(frozen=True, slots=True)
class Entry:
    """A batch in a journal: lines of COPY text for the columns of a table, and the agents they refer to."""

    table: str
    columns: str
    taps: int
    agents: Sequence[AgentRow]
    block: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next entries of a journal by number, in order, without damaged ones; `upto` is the last number read."""

    numbered: dict[int, Entry]
    upto: int

    @property
    def taps(self) -> int:
        return self.taps_upto(self.upto)

    def taps_upto(self, number: int) -> int:
        """The number of taps in entries up to this number."""
        return sum(entry.taps for own, entry in self.numbered.items() if own <= number)


class Journal:
    """An open journal whose lock this process holds. Methods raise sqlite3.Error or OSError.

    `damaged` is set when an unreadable part is found; the rest is still read.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.damaged = False
        self._lock: int | None = lock
        with contextlib.ExitStack() as failing:
            self.losses = LossRecord(path)
            failing.callback(self.losses.close)
            make_database_private(path)
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
            failing.callback(self._database.close)
            # Damaged text does not raise here; the checksum detects it.
            self._database.text_factory = lambda text: text.decode(errors="replace")
            self._database.execute("PRAGMA journal_mode = WAL")
            # The write-ahead log is on disk before a commit returns.
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_SCHEMA)
            failing.pop_all()
        # The last number read. A deletion that fails on a full disk is included in the next one.
        self._read = self.losses.counts.read

    @classmethod
    def create(cls, directory: Path) -> "Journal":
        """Create an empty journal in the directory, and the directory if it does not exist."""
        make_private_folder(directory)
        path = directory / f"{uuid4().hex}{SUFFIX}"
        lock = _take_lock(path)
        if lock is None:
            raise OSError("a lock on a new file was refused")
        try:
            return cls(path, lock)
        except BaseException:
            _discard(path, lock)
            raise

    def append(self, entry: Entry) -> int:
        """Write a batch to disk; returns the number of the entry."""
        agents = json.dumps(entry.agents, separators=(",", ":"))
        values = (entry.table, entry.columns, entry.taps, agents, entry.block)
        added = self._database.execute(
            "INSERT INTO batches (target, columns, taps, agents, block, checksum) VALUES (?, ?, ?, ?, ?, ?)",
            (*values, _checksum(*values)),
        )
        return int(added.lastrowid or 0)

    def read(self, max_taps: int) -> Chunk | None:
        """The next entries, until they have at least `max_taps` taps; None at the end."""
        if not self.damaged:
            try:
                rows = self._database.execute(f"{_SELECT} WHERE id > ? ORDER BY id", (self._read,))
                with contextlib.closing(rows):
                    return self._chunk(rows, max_taps)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                if not _is_damage(error):
                    raise
                self.damaged = True
        return self._chunk(self._readable(), max_taps)

    def _readable(self) -> Iterator[Sequence[Any]]:
        """The readable rows of a damaged file, each read by its own query."""
        # Every entry takes some bytes, so the files' size limits the number of entries even if an id is damaged.
        max_entries = sum(path.stat().st_size for path in sqlite_files(self.path) if path.exists())
        first = max(self._end("min") or 0, self._read + 1)
        last = min(self._end("max") or 0, first + max_entries)
        for number in range(first, last + 1):
            with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
                row = self._database.execute(f"{_SELECT} WHERE id = ?", (number,)).fetchone()
                if row is not None:
                    yield row

    def _end(self, which: str) -> int | None:
        with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
            (number,) = self._database.execute(f"SELECT {which}(id) FROM batches").fetchone()  # noqa: S608
            return None if number is None else int(number)
        return None

    def _chunk(self, rows: Iterable[Sequence[Any]], max_taps: int) -> Chunk | None:
        numbered, upto, taps = dict[int, Entry](), self._read, 0
        for number, *values, checksum in rows:
            if taps >= max_taps:
                break
            upto = number
            if _checksum(*values) == checksum:
                table, columns, count, agents, block = values
                numbered[number] = Entry(RENAMED_TABLES.get(table, table), columns, count, json.loads(agents), block)
                taps += count
            else:
                self.damaged = True
        return Chunk(numbered, upto) if upto != self._read else None

    def forget(self, upto: int) -> None:
        """Delete the entries up to this number, which are stored in PostgreSQL."""
        self._read = max(self._read, upto)
        try:
            self._database.execute("DELETE FROM batches WHERE id <= ?", (upto,))
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not _is_damage(error):
                raise
            self.damaged = True

    def shrink(self) -> None:
        """Free the disk space of deleted entries."""
        self._database.execute("VACUUM")
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file and release its lock; the next process that takes the lock may drain it."""
        if self._lock is None:
            return
        self._database.close()
        self.losses.close()
        self._unlock()

    def remove(self) -> None:
        """Close the journal and delete its files; call it when it is empty."""
        self._database.close()
        for path in sqlite_files(self.path):
            path.unlink(missing_ok=True)
        self.losses.remove()
        _lock_path(self.path).unlink(missing_ok=True)
        self._unlock()

    def quarantine(self) -> None:
        """Close a damaged journal, and rename its files so that people can inspect them."""
        self._database.close()
        for path in sqlite_files(self.path):
            if path.exists():
                path.rename(path.with_name(path.name + DAMAGED_SUFFIX))
        self.losses.remove()
        _lock_path(self.path).unlink(missing_ok=True)
        self._unlock()

    def _unlock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


def adopt_orphans(directory: Path) -> Iterator[Journal]:
    """Open the journals in a directory that no running process holds; the caller closes or removes each.

    A journal too damaged to be opened is renamed, and an empty one is yielded in its place, whose `losses` count the
    taps of the damaged one.
    """
    # Loss records too: if a process died just after renaming a damaged journal, only its loss record is left.
    found = {path.with_suffix(SUFFIX) for ending in (SUFFIX, LOSSES_SUFFIX) for path in directory.glob(f"*{ending}")}
    for path in sorted(found):
        try:
            lock = _take_lock(path)
        except OSError:  # no permission, or the disk is full now
            continue
        if lock is None:
            continue
        # Its process removed it in the meantime.
        if not path.exists() and not path.with_suffix(LOSSES_SUFFIX).exists():
            os.close(lock)
            _lock_path(path).unlink(missing_ok=True)
            continue
        with contextlib.suppress(sqlite3.OperationalError, OSError):  # the disk is full now: a later call tries again
            yield _opened(path, lock)
            continue
        os.close(lock)


def _opened(path: Path, lock: int) -> Journal:
    try:
        return Journal(path, lock)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if not _is_damage(error):
            raise
        for part in sqlite_files(path):
            if part.exists():
                part.rename(part.with_name(part.name + DAMAGED_SUFFIX))
        return Journal(path, lock)


# Temporary errors, caused by the disk or another process; all other SQLite errors mean that the file is damaged.
_PASSING = {
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN),
    *(sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_INTERRUPT),
}


def _is_damage(error: Exception) -> bool:
    # UnicodeDecodeError: SQLite's error message contains the damaged schema.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _PASSING


def _discard(path: Path, lock: int) -> None:
    """Delete all files of a journal that could not be created."""
    for part in (*sqlite_files(path), path.with_suffix(LOSSES_SUFFIX), _lock_path(path)):
        with contextlib.suppress(OSError):
            part.unlink()
    os.close(lock)


def _lock_path(path: Path) -> Path:
    return path.with_suffix(LOCK_SUFFIX)


def _take_lock(path: Path) -> int | None:
    """The file descriptor that holds the journal's lock; None if another process holds it."""
    # A separate file, because SQLite loses its own locks when another descriptor of the database file is closed.
    return try_lock(_lock_path(path))


def _checksum(table: Any, columns: Any, taps: Any, agents: Any, block: Any) -> int:
    # A damaged row can have values of any type.
    head = f"{table}\0{columns}\0{taps}\0{agents}\0".encode()
    return zlib.crc32(block if isinstance(block, bytes) else b"", zlib.crc32(head))
