"""One process' journal: a SQLite file that takes batches of taps while PostgreSQL does not, each on disk when written.

Every entry carries a checksum of what it holds, so that a damaged one is told from a good one; SQLite's own log drops
a torn tail. Beside the file stands a lock that its process holds for life: a journal whose lock can be taken is an
orphan. All of this blocks, so callers keep it off the event loop.
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
from campaigns.clicks.store import AgentRow
from campaigns.kit.files.lock import try_lock
from campaigns.kit.files.sqlite import sqlite_files

SUFFIX = ".journal"
LOCK_SUFFIX = ".lock"
DAMAGED_SUFFIX = ".damaged"

# AUTOINCREMENT: the number of an entry that was taken out is never given to another.
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
    """A batch as it waits in a journal: lines of COPY text for the columns of a table, and the agents they refer to."""

    table: str
    columns: str
    taps: int
    agents: Sequence[AgentRow]
    block: bytes


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next entries of a journal by number, in order; `upto` is the last one's, damaged ones are left out."""

    numbered: dict[int, Entry]
    upto: int

    @property
    def taps(self) -> int:
        return self.taps_upto(self.upto)

    def taps_upto(self, number: int) -> int:
        """The taps of those entries whose number is this one at most."""
        return sum(entry.taps for own, entry in self.numbered.items() if own <= number)


class Journal:
    """An open journal whose lock this process holds. Errors are sqlite3.Error or OSError.

    `damaged` tells whether something in it was found that cannot be read; the rest still is.
    """

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self.damaged = False
        self._lock: int | None = lock
        with contextlib.ExitStack() as failing:
            self.losses = LossRecord(path)
            failing.callback(self.losses.close)
            self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=1.0)
            failing.callback(self._database.close)
            # A damaged text is read all the same; its checksum tells.
            self._database.text_factory = lambda text: text.decode(errors="replace")
            self._database.execute("PRAGMA journal_mode = WAL")
            # The log is on disk before a commit returns.
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_SCHEMA)
            failing.pop_all()
        # Where reading has come to; a deletion that the full disk refuses is made up for by a later one.
        self._read = self.losses.counts.read

    @classmethod
    def create(cls, directory: Path) -> "Journal":
        """A new, empty journal in the directory, which is made if need be."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
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
        """Put a batch on disk; returns the entry's number."""
        agents = json.dumps(entry.agents, separators=(",", ":"))
        values = (entry.table, entry.columns, entry.taps, agents, entry.block)
        added = self._database.execute(
            "INSERT INTO batches (target, columns, taps, agents, block, checksum) VALUES (?, ?, ?, ?, ?, ?)",
            (*values, _checksum(*values)),
        )
        return int(added.lastrowid or 0)

    def read(self, most_taps: int) -> Chunk | None:
        """The next entries until they have so many taps; None when all have been read."""
        if not self.damaged:
            try:
                rows = self._database.execute(f"{_SELECT} WHERE id > ? ORDER BY id", (self._read,))
                with contextlib.closing(rows):
                    return self._chunk(rows, most_taps)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                if not _is_damage(error):
                    raise
                self.damaged = True
        return self._chunk(self._readable(), most_taps)

    def _readable(self) -> Iterator[Sequence[Any]]:
        """The rows of a damaged file that can be read, each looked up by itself."""
        # An entry takes some bytes, so there are no more of them than the files are long, whatever a number says.
        most = sum(path.stat().st_size for path in sqlite_files(self.path) if path.exists())
        first = self._end("min") or self._read + 1
        for number in range(max(first, self._read + 1), min(self._end("max") or 0, first + most) + 1):
            with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
                row = self._database.execute(f"{_SELECT} WHERE id = ?", (number,)).fetchone()
                if row is not None:
                    yield row

    def _end(self, which: str) -> int | None:
        with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
            (number,) = self._database.execute(f"SELECT {which}(id) FROM batches").fetchone()  # noqa: S608
            return None if number is None else int(number)
        return None

    def _chunk(self, rows: Iterable[Sequence[Any]], most_taps: int) -> Chunk | None:
        numbered, upto, taps = dict[int, Entry](), self._read, 0
        for number, *values, checksum in rows:
            if taps >= most_taps:
                break
            upto = number
            if _checksum(*values) == checksum:
                table, columns, count, agents, block = values
                numbered[number] = Entry(table, columns, count, json.loads(agents), block)
                taps += count
            else:
                self.damaged = True
        return Chunk(numbered, upto) if upto != self._read else None

    def forget(self, upto: int) -> None:
        """Take out what has been stored elsewhere, up to this number."""
        self._read = max(self._read, upto)
        try:
            self._database.execute("DELETE FROM batches WHERE id <= ?", (upto,))
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if not _is_damage(error):
                raise
            self.damaged = True

    def shrink(self) -> None:
        """Give an emptied journal's space back to the disk."""
        self._database.execute("VACUUM")
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file and release its lock; whoever takes the lock next may drain it."""
        if self._lock is None:
            return
        self._database.close()
        self.losses.close()
        self._unlock()

    def remove(self) -> None:
        """Close the file and delete it, since nothing is in it any more."""
        self._database.close()
        for path in sqlite_files(self.path):
            path.unlink(missing_ok=True)
        self.losses.remove()
        _lock_path(self.path).unlink(missing_ok=True)
        self._unlock()

    def quarantine(self) -> None:
        """Close a file that cannot be read any further, and rename it so that people can still look into it."""
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
    """Open the journals in a directory that no living process holds; the caller closes or removes each.

    One that is so damaged that it cannot be opened is set aside and its taps, as far as they were counted, are yielded
    by `losses` of an empty journal in its place.
    """
    # By their accounts too: of a damaged file that was set aside just before its process died only that is left.
    found = {path.with_suffix(SUFFIX) for ending in (SUFFIX, LOSSES_SUFFIX) for path in directory.glob(f"*{ending}")}
    for path in sorted(found):
        try:
            lock = _take_lock(path)
        except OSError:  # not ours to open, or no room just now
            continue
        if lock is None:
            continue
        # Its process ended in good order while we looked.
        if not path.exists() and not path.with_suffix(LOSSES_SUFFIX).exists():
            os.close(lock)
            _lock_path(path).unlink(missing_ok=True)
            continue
        with contextlib.suppress(sqlite3.OperationalError, OSError):  # no room just now: it is tried again later
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


# Of the disk or of another process, and gone some day; any other error of SQLite speaks of the file.
_PASSING = {
    *(sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN),
    *(sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_INTERRUPT),
}


def _is_damage(error: Exception) -> bool:
    # UnicodeDecodeError: the text of the error quotes a damaged schema.
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF not in _PASSING


def _discard(path: Path, lock: int) -> None:
    """Leave nothing of a file that could not be made."""
    for part in (*sqlite_files(path), path.with_suffix(LOSSES_SUFFIX), _lock_path(path)):
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    os.close(lock)


def _lock_path(path: Path) -> Path:
    return path.with_suffix(LOCK_SUFFIX)


def _take_lock(path: Path) -> int | None:
    """The descriptor that holds the journal's lock, or None if another process does."""
    # A file of its own: SQLite loses its locks on a database when any other descriptor of that file is closed.
    return try_lock(_lock_path(path))


def _checksum(table: Any, columns: Any, taps: Any, agents: Any, block: Any) -> int:
    # Of a damaged row SQLite can make values of any type.
    head = f"{table}\0{columns}\0{taps}\0{agents}\0".encode(errors="replace")
    return zlib.crc32(block if isinstance(block, bytes) else b"", zlib.crc32(head))
