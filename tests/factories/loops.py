"""Background work in tests: run as in a server process, but without its pauses."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

from campaigns.kit.periodic import Backoff, Loop, PeriodicWork, Work


def restless(
    run: Callable[[datetime], Awaitable[object]],
    *,
    wake: asyncio.Event | None = None,
    close: Callable[[], Awaitable[object]] | None = None,
) -> PeriodicWork:
    """The same work, run a hundred times a second, even after errors."""
    return PeriodicWork(
        name="test",
        run=run,
        interval_seconds=0.01,
        first_delay_seconds=0,
        backoff=Backoff(0.01, 0.01),
        expected=(Exception,),
        wake=wake,
        close=close,
    )


@asynccontextmanager
async def looping(work: Work) -> AsyncIterator[Loop]:
    """Run the work during the block."""
    loop = Loop(work)
    task = asyncio.create_task(loop.run_forever())
    yield loop
    assert not task.done(), "a loop never ends by itself"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until the condition holds; fails after half a minute."""
    while not await condition():
        await asyncio.sleep(0.02)
