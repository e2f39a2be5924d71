"""Ends the server process when it can no longer do its work, so that `jaring serve` starts a new one.

Each function acts first and reports afterwards: what reports may be what is broken.
"""

import asyncio
import faulthandler
import os
import signal
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import structlog

from campaigns.kit.periodic import Loop

END_SECONDS = 9.0
PARENT_CHECK_SECONDS = 1.0
LOOP_CHECK_SECONDS = 5.0
# Nothing that the event loop runs takes a second; a busy or paused machine may stop it for some.
BLOCKED_SECONDS = 30.0
BEAT_SECONDS = 5.0
TRACE_SUFFIX = ".trace"
TRACE_CHARACTERS = 8_000

log = structlog.get_logger("jaring.running")


def end_if_broken(task: asyncio.Task[None]) -> None:
    """Stop this process, since a permanent task has ended; the parent process starts a new one.

    A done-callback for such tasks; cancelled ones are ignored.
    """
    if task.cancelled():
        return
    _end()
    log.critical("task_ended", task=task.get_name(), error=type(task.exception()).__name__)


async def end_with_parent(parent: int) -> None:
    """Stop this process when the one that started it is gone, so that the port becomes free.

    `parent` is its process id, which the parent itself has told: it may have died before this process could look.
    """
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    _end()
    log.error("parent_gone")


async def end_if_hung(loops: Sequence[Loop]) -> None:
    """Stop this process when one of its loops hangs."""
    while not (hung := [loop.name for loop in loops if loop.hangs]):
        await asyncio.sleep(LOOP_CHECK_SECONDS)
    _end()
    log.critical("loop_hangs", loops=hung)


async def end_if_blocked(
    traces: Path | None, *, blocked_seconds: float = BLOCKED_SECONDS, beat_seconds: float = BEAT_SECONDS
) -> NoReturn:
    """End this process at once when its event loop runs nothing for `blocked_seconds`.

    What blocks it can block all of Python too, such as a regular expression that never ends, so the timer is one of
    `faulthandler`, which needs no Python. It writes where each thread was into a file of the folder `traces`, for
    `report_traces` of the next process. The timer is set anew every `beat_seconds`.
    """
    path = None if traces is None else traces / f"{os.getpid()}{TRACE_SUFFIX}"
    # A file and not the log, whose reader may have stopped.
    with open(path or os.devnull, "wb") as file:
        try:
            while True:
                faulthandler.dump_traceback_later(blocked_seconds, exit=True, file=file)
                await asyncio.sleep(beat_seconds)
        finally:
            faulthandler.cancel_dump_traceback_later()
            if path is not None:
                path.unlink(missing_ok=True)


def report_traces(traces: Path) -> None:
    """Log where processes stood that ended because their event loop was blocked. Traces hold places, and no values."""
    for path in traces.glob(f"*{TRACE_SUFFIX}"):
        try:
            trace = path.read_text(errors="replace")[:TRACE_CHARACTERS]
            if trace:  # else its process is running, or was killed
                path.unlink()
        except OSError:
            continue  # another process reports it
        if trace:
            log.critical("event_loop_blocked", process=int(path.stem), trace=trace.splitlines())


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    # The server first waits for open requests, which may wait for what has ended: hence the timer.
    end = threading.Timer(END_SECONDS, os._exit, (1,))
    end.daemon = True
    try:
        end.start()
    except RuntimeError:  # the system has no thread left
        os._exit(1)
