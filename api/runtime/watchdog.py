"""Ends the server process when a permanent task has ended or the parent process is gone."""

import asyncio
import os
import signal
import threading

import structlog

END_SECONDS = 9.0
PARENT_CHECK_SECONDS = 1.0

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


def _end() -> None:
    # On SIGTERM the server first waits for open requests, which may wait for what has ended: hence the timer.
    end = threading.Timer(END_SECONDS, os._exit, (1,))
    end.daemon = True
    end.start()
    os.kill(os.getpid(), signal.SIGTERM)
