"""The lock by which one process owns one embedded server's folder."""

import fcntl
import os
from pathlib import Path

from campaigns.kit.embedded.errors import EmbeddedPostgresError
from campaigns.kit.embedded.processes import exists
from campaigns.kit.files.private import make_folder

_held: set[int] = set()


def _drop_in_forked_child() -> None:
    # A flock lives as long as any copy of its descriptor: a forked worker that outlives us would keep it.
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_drop_in_forked_child)


def claim(directory: Path) -> int:
    """Make `directory` where it is missing, lock it for this process and return the lock's descriptor.

    Raises EmbeddedPostgresError when another process, or another object of this one, holds it; OSError when
    it cannot be written.
    """
    _make(directory)
    # O_CLOEXEC is Python's default, so no program that we start inherits the lock.
    lock = os.open(directory / "owner.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        owner = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise EmbeddedPostgresError(
            f"another Jaring (process {owner}) is using {directory}; stop it or choose another DATA directory"
        ) from None
    except BaseException:
        os.close(lock)
        raise
    _held.add(lock)
    return lock


def _make(directory: Path) -> None:
    if directory.is_dir():
        return
    if directory.exists():
        raise EmbeddedPostgresError(f"{directory} is a file, not a folder; choose another DATA directory")
    # Under root the server's account must pass through; all that it holds is private in itself.
    make_folder(directory)


def release(lock: int) -> None:
    """Give the folder up; the lock file stays, since removing it would let two owners lock two files."""
    if lock in _held:
        _held.discard(lock)
        os.close(lock)


def recorded_owner(directory: Path) -> int | None:
    """The living process that last owned `directory`, or None; takes no lock, which could stop a start."""
    try:
        pid = int((directory / "owner.lock").read_text())
    except (OSError, ValueError):
        return None
    return pid if exists(pid) else None
