"""The permanent tasks of a server process: its loops, and what ends it with its parent."""

import asyncio
import os
from collections.abc import Sequence

from api.runtime.watchdog import end_if_broken, end_with_parent
from campaigns.kit.periodic import Loop

CANCEL_SECONDS = 1.0


def start_loops(loops: Sequence[Loop], *others: "asyncio.Task[None]", parent: int | None) -> list["asyncio.Task[None]"]:
    """Start the loops; the process ends when one of them, or one of the tasks given, ends.

    It also ends when `parent` is not, or no longer, the process that started it; None is whichever did.
    """
    tasks = [
        *others,
        *(asyncio.create_task(loop.run_forever(), name=loop.name) for loop in loops),
        asyncio.create_task(end_with_parent(os.getppid() if parent is None else parent), name="parent-watch"),
    ]
    for task in tasks:
        task.add_done_callback(end_if_broken)
    return tasks


async def cancel_tasks(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """End the tasks within a second."""
    for task in tasks:
        task.cancel()
    # A task that waits for a PostgreSQL that does not answer cannot be cancelled; it ends with the process.
    await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
