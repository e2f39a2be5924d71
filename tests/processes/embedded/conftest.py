"""Real servers in short temporary folders; no test may leave a process behind.

A test whose subject is not the first start asks for `made`: its server's files are a copy and start at once.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from tests.processes.embedded.servers import EventHandler, Processes, Starter, WaitUntil, ignore


def _processes_below(folder: Path) -> list[int]:
    if sys.platform != "linux":
        shown = subprocess.run(["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True)
        found = [line.split(maxsplit=1) for line in shown.stdout.splitlines()]
        return [int(pid) for pid, command in found if "postgres" in command and str(folder) in command]
    pids = []
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{entry}/cwd").startswith(f"{folder}/"):
                pids.append(int(entry))
    return pids


def _quick_disk() -> str:
    # A data directory is a thousand files: in memory they come and go ten times as fast.
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > 2 * 1024**3 else "/tmp"


def _short_folder(root: str) -> Path:
    path = Path(tempfile.mkdtemp(prefix="jr", dir=root)).resolve()
    path.chmod(0o755)
    return path


@pytest.fixture
def folder() -> Iterator[Path]:
    path = _short_folder(_quick_disk())
    yield path
    try:
        while _processes_below(path):  # those that are ending; the test's time limit finds those that stay
            time.sleep(0.05)
    finally:
        for pid in _processes_below(path):
            os.kill(pid, 9)
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def pattern() -> Iterator[Path]:
    path = _short_folder(_quick_disk())
    postgres = EmbeddedPostgres(path / "pg")
    postgres.start()
    postgres.stop()
    yield path / "pg"
    shutil.rmtree(path)


@pytest.fixture
def made(pattern: Path, folder: Path) -> Path:
    """Return `folder / "pg"` with the files of a server that was started and stopped once."""
    subprocess.run(["/bin/cp", "-a", pattern, folder / "pg"], check=True)
    return folder / "pg"


@pytest.fixture
def processes() -> Processes:
    return _processes_below


@pytest.fixture
def server(folder: Path) -> Iterator[Starter]:
    """Return a maker of servers on `folder / "pg"` (or another directory), which are stopped in the end."""
    made: list[EmbeddedPostgres] = []

    def make(
        directory: Path = folder / "pg", *, binaries: Path | None = None, on_event: EventHandler = ignore
    ) -> EmbeddedPostgres:
        made.append(EmbeddedPostgres(directory, binaries=binaries, on_event=on_event))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def wait_until() -> WaitUntil:
    """Return a function that waits for a condition, as long as a test may last."""

    def wait(condition: Callable[[], object]) -> None:
        while not condition():
            time.sleep(0.01)

    return wait
