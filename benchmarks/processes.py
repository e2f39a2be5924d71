"""Processes of a server started by a benchmark or chaos scenario, read from /proc (Linux)."""

import contextlib
from pathlib import Path


def children(parent: int) -> list[int]:
    """The process ids of a process' children."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name in parentheses can contain any character; the parent is the second field after it.
            if int(entry.read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.parent.name))
    return found


def workers_of(server: int) -> list[int]:
    """The process ids of the workers of `jaring serve`."""
    found = []
    for pid in children(server):
        with contextlib.suppress(OSError):
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return found


def megabytes(pid: int) -> float:
    """The resident memory of a process in megabytes."""
    lines = dict(line.partition(":")[::2] for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(lines["VmRSS"].split()[0]) / 1024
