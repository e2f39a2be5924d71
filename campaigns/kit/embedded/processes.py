"""Server processes: waits for the end of our own; finds and ends orphaned ones and removes their files.

A killed owner leaves a whole server behind, a killed server leaves its backends. Process ids are reused, so only
processes verified to be PostgreSQL on this data directory are touched.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

FAST, IMMEDIATE, KILL = signal.SIGINT, signal.SIGQUIT, signal.SIGKILL
LADDER = ((FAST, 30.0), (IMMEDIATE, 5.0), (KILL, 5.0))
LOOK_SECONDS = 0.5


def end(send: Callable[[signal.Signals], None], alive: Callable[[], bool]) -> bool:
    """Stop a postmaster: fast, then immediate, then by force; return whether it is gone."""
    for step, seconds in LADDER:
        if not alive():
            return True
        try:
            send(step)
        except ProcessLookupError:
            return True
        deadline = time.monotonic() + seconds
        while alive() and time.monotonic() < deadline:
            time.sleep(0.01)
    return not alive()


def wait_for_end(
    child: subprocess.Popen[bytes], looks: Iterable[Callable[[], object]], *, look_seconds: float = LOOK_SECONDS
) -> int:
    """Return the exit code of the server once it ends; until then each of `looks` is called now and then."""
    looks = list(looks)
    while True:
        try:
            return child.wait(look_seconds)
        except subprocess.TimeoutExpired:
            for look in looks:
                # One that fails must not end the supervision.
                with contextlib.suppress(OSError):
                    look()


def clear_the_way(data: Path) -> int | None:
    """End an orphaned server on `data`; the caller holds the folder's lock.

    Returns the process id of a server that had to be stopped.
    """
    found = None
    pid = recorded_pid(data)
    if pid is not None and serves(pid, data):
        end(lambda step: os.kill(pid, step), lambda: serves(pid, data))
        found = pid
    _kill_backends(data)
    if pid is not None and exists(pid):
        # PostgreSQL refuses to start while any process has this number: a stranger's, or a zombie's that
        # process 1 of a container never collects.
        (data / "postmaster.pid").unlink(missing_ok=True)
    return found


def recorded_pid(data: Path) -> int | None:
    """Return the process id in the server's `postmaster.pid`, or None."""
    first = pid_file_lines(data)[:1]
    return int(first[0]) if first and first[0].isdecimal() else None


def pid_file_lines(data: Path) -> list[str]:
    """Return the lines of `postmaster.pid`: process id first, state ("starting", "ready") eighth."""
    try:
        text = (data / "postmaster.pid").read_text(errors="replace")
    except FileNotFoundError:
        return []
    return [line.strip() for line in text.splitlines()]


def serves(pid: int, data: Path) -> bool:
    """Tell whether process `pid` lives, a zombie does not, and is PostgreSQL working on `data`."""
    if sys.platform == "linux":
        return _linux_serves(pid, os.path.realpath(data))
    command = ["/bin/ps", "-ww", "-o", "stat=,command=", "-p", str(pid)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    answer = shown.stdout.strip()
    return "postgres" in answer and f"-D {data} " in f"{answer} " and not answer.startswith("Z")


def _linux_serves(pid: int, data: str) -> bool:
    try:
        # /proc/<pid>/exe of a zombie cannot be read, and of an upgraded program it ends in " (deleted)".
        program = Path(os.readlink(f"/proc/{pid}/exe")).name.removesuffix(" (deleted)")
        return program == "postgres" and os.readlink(f"/proc/{pid}/cwd") == data
    except OSError:
        return False


def _kill_backends(data: Path) -> None:
    # Backends leave when their postmaster dies, but one in a long computation notices late, and while it
    # holds the shared memory no new server starts. Elsewhere than on Linux the supervisor's pauses must do.
    deadline = time.monotonic() + 5
    while (left := list(_backends(data))) and time.monotonic() < deadline:
        for pid in left:
            try:
                os.kill(pid, KILL)
            except ProcessLookupError:
                continue
        time.sleep(0.01)


def _backends(data: Path) -> Iterator[int]:
    if sys.platform != "linux":
        return
    real = os.path.realpath(data)
    for entry in os.listdir("/proc"):
        if entry.isdecimal() and _linux_serves(int(entry), real):
            yield int(entry)


def exists(pid: int) -> bool:
    """Tell whether any process has this number, a zombie too."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
