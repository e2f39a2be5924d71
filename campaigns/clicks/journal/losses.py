"""What one process could not keep, written where even a full disk takes it: over the bytes of a file made beforehand.

The file says how many taps are lost, and how many exist only in memory or in the journal beside it; when the process is
killed, or the journal found damaged, those are known to be lost as well. A loss ends up in the table `tap_losses`.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

SUFFIX = ".losses"
FILE_BYTES = 512


@dataclass(slots=True)
class Losses:
    """Counts of taps. `id` names the row that the lost ones become, so that it is written once; times in Unix ms."""

    id: str = ""
    lost: int = 0
    in_memory: int = 0
    in_journal: int = 0
    first_ms: int = 0
    last_ms: int = 0
    reason: str = ""


class LossRecord:
    """The counts of one process, kept in the file beside its journal. No method fails for lack of space."""

    def __init__(self, journal: Path) -> None:
        self._file = os.open(journal.with_suffix(SUFFIX), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._path = journal.with_suffix(SUFFIX)
        self.counts = self._read()
        if os.fstat(self._file).st_size < FILE_BYTES:
            os.pwrite(self._file, b" " * FILE_BYTES, 0)
            os.fsync(self._file)

    def lose(self, taps: int, *, now_ms: int, reason: str) -> None:
        """Count taps that are gone for good."""
        self._add(taps, now_ms=now_ms, reason=reason)
        self._write()

    def note(self, *, in_memory: int | None = None, in_journal: int | None = None, now_ms: int) -> None:
        """Write down how many taps would be lost if this process, or its journal, were."""
        counts = self.counts
        counts.in_memory = counts.in_memory if in_memory is None else in_memory
        counts.in_journal = counts.in_journal if in_journal is None else in_journal
        if counts.lost == 0:
            counts.first_ms = (
                counts.first_ms if counts.in_memory + counts.in_journal > 0 and counts.first_ms else now_ms
            )
            counts.last_ms = now_ms
        self._write()

    def give_up(self, *, now_ms: int, reason: str) -> int:
        """Count all that was only in memory or could not be read from the journal as gone; returns how many.

        In one write: whoever is killed behind it does not count them twice.
        """
        counts = self.counts
        missing, counts.in_memory, counts.in_journal = counts.in_memory + counts.in_journal, 0, 0
        if missing:
            since = counts.first_ms or now_ms
            self._add(missing, now_ms=counts.last_ms or now_ms, reason=reason)
            counts.first_ms = min(since, counts.last_ms)
            self._write()
        return missing

    def settle(self) -> None:
        """Forget the losses, since they stand in PostgreSQL now."""
        self.counts.id, self.counts.lost, self.counts.first_ms, self.counts.reason = "", 0, 0, ""
        self._write()

    def remove(self) -> None:
        os.close(self._file)
        self._path.unlink(missing_ok=True)

    def _add(self, taps: int, *, now_ms: int, reason: str) -> None:
        counts = self.counts
        if counts.lost == 0:
            counts.id, counts.first_ms, counts.reason = uuid4().hex, now_ms, reason
        counts.lost += taps
        counts.last_ms = now_ms

    def _read(self) -> Losses:
        try:
            found = Losses(**json.loads(os.pread(self._file, FILE_BYTES, 0)))
        except (ValueError, TypeError):
            return Losses()  # new, or torn by a crash of the machine
        return found

    def _write(self) -> None:
        # Into blocks that the file has already, without waiting for the disk: it survives the process, which is what
        # it is for.
        os.pwrite(self._file, json.dumps(asdict(self.counts)).encode().ljust(FILE_BYTES), 0)
