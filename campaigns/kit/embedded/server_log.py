"""The server's log file: opened for the child, kept small, and read for the reason of a failure."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

MAX_BYTES = 10_000_000
# What is left of a log that is cut while the server writes it.
KEPT_BYTES = 1_000_000
_REASON = re.compile(r"\b(?:FATAL|PANIC|ERROR|error):\s+(.+)")


@contextmanager
def opened(log: Path, owner: tuple[int, int] | None = None) -> Iterator[IO[bytes]]:
    """Open `log` for appending; one over MAX_BYTES is first moved to `<log>.1`, which is replaced."""
    if log.exists() and log.stat().st_size > MAX_BYTES:
        log.replace(log.with_name(log.name + ".1"))
    # Under root the folder may belong to another user, whose symbolic link must not lead us elsewhere.
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        os.fchmod(descriptor, 0o600)  # one of an older release can have another mode
        if owner:
            os.fchown(descriptor, *owner)
        yield file


def cut(log: Path) -> None:
    """Leave the last lines of a log over MAX_BYTES, in the same file, since the server has it open for appending."""
    with open(os.open(log, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW), "r+b", buffering=0) as file:
        if os.fstat(file.fileno()).st_size <= MAX_BYTES:
            return
        file.seek(-KEPT_BYTES, os.SEEK_END)
        last = file.read(KEPT_BYTES).partition(b"\n")[2]
        file.truncate(0)
        file.write(last)


def size(log: Path) -> int:
    """Return the length of `log` in bytes, 0 when there is none."""
    return log.stat().st_size if log.exists() else 0


def reason_since(log: Path, offset: int) -> str:
    """Return the reason that the server gave in `log` after `offset` bytes; empty if there is none, or no such log."""
    try:
        with log.open("rb") as file:
            length = log.stat().st_size
            # A log that is shorter than it was has been cut.
            file.seek(max(offset if offset <= length else 0, length - 65_536))
            return reason_in(file.read().decode(errors="replace"))
    except OSError:
        return ""


def reason_in(text: str) -> str:
    """Return the last FATAL, PANIC or ERROR message in `text`, else its last lines in one."""
    reasons = _REASON.findall(text)
    if reasons:
        return str(reasons[-1]).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[-3:])[-300:]
