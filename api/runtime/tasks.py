"""The permanent tasks of a server process: its loops, and what ends it when it can no longer do its work."""

import asyncio
import os
from collections.abc import Sequence

from api.runtime.watchdog import end_if_blocked, end_if_broken, end_if_hung, end_with_parent, report_traces
from campaigns.kit.periodic import Loop
from campaigns.kit.settings import Settings

CANCEL_SECONDS = 1.0


def start_tasks(
    loops: Sequence[Loop], *others: "asyncio.Task[None]", settings: Settings
) -> Sequence["asyncio.Task[None]"]:
    """Start the loops; the process ends when one of them, or one of the tasks given, ends or hangs.

    It also ends when its event loop is blocked, and when the process that the settings name as its parent is not, or no
    longer, the one that started it.
    """
    parent = os.getppid() if settings.serve_pid is None else settings.serve_pid
    if settings.api_sockets is not None:
        report_traces(settings.api_sockets)
    tasks = [
        *others,
        *(asyncio.create_task(loop.run_forever(), name=loop.name) for loop in loops),
        asyncio.create_task(end_with_parent(parent), name="parent-watch"),
        asyncio.create_task(end_if_hung(loops), name="loop-watch"),
        asyncio.create_task(end_if_blocked(settings.api_sockets), name="heartbeat"),
    ]
    for task in tasks:
        task.add_done_callback(end_if_broken)
    return tasks


def broken_tasks(tasks: Sequence["asyncio.Task[None]"], loops: Sequence[Loop]) -> Sequence[str]:
    """The names of those that have ended or hang."""
    ended = {task.get_name() for task in tasks if task.done()}
    return sorted(ended | {loop.name for loop in loops if loop.hangs})


async def cancel_tasks(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """End the tasks within a second."""
    for task in tasks:
        task.cancel()
    # A task that waits for a PostgreSQL that does not answer cannot be cancelled; it ends with the process.
    await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
