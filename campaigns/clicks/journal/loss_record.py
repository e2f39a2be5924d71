"""Record of one process' lost taps, written over the bytes of an existing file, which works even on a full disk.

The file holds the number of lost taps, and of taps that exist only in memory or in the journal next to it. If the
process is killed or the journal is damaged, these are known to be lost too. Losses end up in the table `tap_losses`.
"""

import contextlib
import json
import os
import time
import zlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from uuid import uuid4

SUFFIX = ".losses"
FILE_BYTES = 512


@dataclass(slots=True)
class Losses:
    """Counts of taps; times are in Unix milliseconds. `id` is that of the row in `tap_losses`, so it is stored once.

    `in_journal` counts the taps of entries after number `read` (earlier ones are in PostgreSQL, even if not deleted
    yet) up to number `written`. An entry written just before the process was killed may not be counted.
    """

    id: str = ""
    lost: int = 0
    in_memory: int = 0
    in_journal: int = 0
    read: int = 0
    written: int = 0
    first_ms: int = 0
    last_ms: int = 0
    reason: str = ""


class LossRecord:
    """The counts of one process, stored in the file next to its journal. No method fails on a full disk."""

    def __init__(self, journal: Path | None) -> None:
        """`journal` None: the counts are in memory only."""
        self._path = None if journal is None else journal.with_suffix(SUFFIX)
        if self._path is None:
            self._file = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
            self.counts = Losses()
            return
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self.counts = self._read()
            if os.fstat(self._file).st_size < FILE_BYTES:
                os.pwrite(self._file, b" " * FILE_BYTES, 0)
                os.fsync(self._file)
        except OSError:
            os.close(self._file)
            raise

    def lose(self, taps: int, *, now_ms: int, reason: str) -> None:
        """Count lost taps."""
        self._add(taps, now_ms=now_ms, reason=reason)
        self._write()

    def note(
        self,
        *,
        in_memory: int | None = None,
        in_journal: int | None = None,
        read: int | None = None,
        written: int | None = None,
        now_ms: int,
    ) -> None:
        """Record how many taps would be lost with this process (`in_memory`) or its journal (`in_journal`)."""
        counts = self.counts
        counts.in_memory = counts.in_memory if in_memory is None else in_memory
        counts.in_journal = counts.in_journal if in_journal is None else in_journal
        counts.read = counts.read if read is None else read
        counts.written = counts.written if written is None else written
        if counts.lost == 0:
            counts.first_ms = (
                counts.first_ms if counts.in_memory + counts.in_journal > 0 and counts.first_ms else now_ms
            )
            counts.last_ms = now_ms
        self._write()

    def mark_lost(self, *, now_ms: int, reason: str) -> int:
        """Count all taps that were in memory, or could not be read from the journal, as lost; returns their number.

        One write to the file, so that they are not counted twice after a kill.
        """
        counts = self.counts
        missing, counts.in_memory, counts.in_journal = counts.in_memory + counts.in_journal, 0, 0
        if missing:
            since = counts.first_ms or now_ms
            self._add(missing, now_ms=counts.last_ms or now_ms, reason=reason)
            counts.first_ms = min(since, counts.last_ms)
            self._write()
        return missing

    def take_over(self, old: "LossRecord", *, in_memory: int, now_ms: int) -> None:
        """Move the counts of losses and of taps in memory from the old record to this one."""
        lost = old.counts
        self.counts = replace(
            self.counts, id=lost.id, lost=lost.lost, first_ms=lost.first_ms, last_ms=lost.last_ms, reason=lost.reason
        )
        old.counts = replace(lost, id="", lost=0, in_memory=0, first_ms=now_ms)
        self.note(in_memory=in_memory, now_ms=now_ms)
        old.note(now_ms=now_ms)

    def acknowledge(self, taps: int) -> None:
        """Subtract lost taps that PostgreSQL has stored; taps lost meanwhile become another row."""
        counts = self.counts
        counts.lost -= taps
        counts.id, counts.first_ms = (uuid4().hex, counts.last_ms) if counts.lost else ("", 0)
        self._write()

    def close(self) -> None:
        os.close(self._file)

    def remove(self) -> None:
        self.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def _add(self, taps: int, *, now_ms: int, reason: str) -> None:
        counts = self.counts
        if counts.lost == 0:
            counts.id, counts.first_ms, counts.reason = uuid4().hex, now_ms, reason
        counts.lost += taps
        counts.last_ms = now_ms

    def _read(self) -> Losses:
        try:
            found = json.loads(os.pread(self._file, FILE_BYTES, 0))
            if found.pop("checksum") == _checksum(found):
                return Losses(**found)
        except (ValueError, TypeError, KeyError, AttributeError):
            pass
        return Losses()  # new, or damaged by a crash of the machine

    def _write(self) -> None:
        # Overwrites blocks that the file has already. There is no fsync: it only needs to survive the process.
        counts = asdict(self.counts)
        written = json.dumps({**counts, "checksum": _checksum(counts)}).encode().ljust(FILE_BYTES)
        with contextlib.suppress(OSError):  # the disk fails; the counts in memory are still right
            os.pwrite(self._file, written, 0)


def _checksum(counts: dict[str, object]) -> int:
    return zlib.crc32(json.dumps(counts).encode())


def now_ms() -> int:
    """The current time in Unix milliseconds."""
    return time.time_ns() // 1_000_000
