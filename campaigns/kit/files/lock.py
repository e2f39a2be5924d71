"""Locks on files, by which the processes of one machine agree on which of them owns something."""

import fcntl
import os
from pathlib import Path


def try_lock(path: Path) -> int | None:
    """Lock the file, which is made if it is missing; None if another descriptor, of any process, holds the lock.

    The lock is held until the returned descriptor is closed, at the latest when the process ends. Raises OSError when
    the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor
