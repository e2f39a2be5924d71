"""When a server process ends itself: a task that must run for ever has ended, or its parent process is gone."""

import asyncio
import os
import signal
import threading

import structlog

END_SECONDS = 9.0
PARENT_CHECK_SECONDS = 1.0

log = structlog.get_logger("jaring.running")


def end_if_broken(task: asyncio.Task[None]) -> None:
    """Stop this process when a task that must run for ever has ended by itself; its parent starts a new one.

    To be added to such tasks as a callback.
    """
    if task.cancelled():
        return
    log.critical("task_ended", task=task.get_name(), error=type(task.exception()).__name__)
    # The server software first waits for the requests under way, and these may wait for that very task.
    end = threading.Timer(END_SECONDS, os._exit, (1,))
    end.daemon = True
    end.start()
    os.kill(os.getpid(), signal.SIGTERM)


async def end_with_parent() -> None:
    """Stop this process when the one that started it was killed, so that nothing keeps the port."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    log.error("parent_gone")
    os.kill(os.getpid(), signal.SIGTERM)
