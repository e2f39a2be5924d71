"""Starts the API processes of `jaring serve`, starts those again that end, and stops them all at the end.

Taps do not depend on them: without the API the gateway answers short links as before.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog

from api.lanes import Lane, socket_paths
from campaigns.kit.periodic import Backoff
from campaigns.kit.settings import Settings

# A process that lived as long is started again at once, others after a pause that grows.
WELL_SECONDS = 10.0
PAUSES = Backoff(0.5, 10)
LOOK_SECONDS = 0.1
# For requests that are open; then it is killed. The gateways have drained theirs before.
STOP_SECONDS = 10.0

log = structlog.get_logger("jaring.serve")


@contextmanager
def api_processes(settings: Settings, folder: Path) -> Iterator[None]:
    """Keep `api_workers` processes of each lane running, with their sockets in the folder."""
    stopping = threading.Event()
    threads = [
        threading.Thread(target=_keep_running, args=(lane, path, stopping), name=path.stem)
        for lane in Lane
        for path in socket_paths(folder, lane, settings.api_workers)
    ]
    try:
        for thread in threads:
            thread.start()
        yield
    finally:
        stopping.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()


def _keep_running(lane: Lane, path: Path, stopping: threading.Event) -> None:
    failures = 0
    while not stopping.is_set():
        begun = time.monotonic()
        try:
            code: int | None = _run([sys.executable, "-m", "api.cli.api_process", lane.value, str(path)], stopping)
        except OSError:  # the system has no memory or no process left; there may be one later
            code = None
        if stopping.is_set():
            return
        failures = 0 if time.monotonic() - begun > WELL_SECONDS else failures + 1
        log.error("api_process_ended", lane=lane.value, exit_code=code, failures=failures)
        if failures:
            stopping.wait(PAUSES.pause_seconds(failures, chance=0))


def _run(command: Sequence[str], stopping: threading.Event) -> int:
    """Run it until it ends or all is to stop; the exit code."""
    # A process group of its own: Ctrl-C of a terminal goes to the whole group, and gateways must be first.
    process = subprocess.Popen(command, process_group=0)  # noqa: S603 - our own command
    while process.poll() is None and not stopping.wait(LOOK_SECONDS):
        pass
    process.terminate()
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
