"""A clock of the test's own for the runner of background work, and work on it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from campaigns.kit.periodic import Backoff, Clock, Loop, PeriodicWork, Work

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
BACKOFF = Backoff(1.0, 8.0, jitter=0.0)


class Over(Exception):
    """The test has seen enough pauses."""


@dataclass
class FakeTime:
    """A clock that stands still but for pauses and what `passes`; ends the loop at pause number `most`."""

    most: int = 5
    seconds: float = 0.0
    pauses: list[float] = field(default_factory=list)

    def passes(self, seconds: float) -> None:
        self.seconds += seconds

    async def pause(self, seconds: float, wake: asyncio.Event | None) -> None:
        if len(self.pauses) == self.most:
            raise Over
        self.pauses.append(seconds)
        if wake is not None and wake.is_set():
            wake.clear()
        else:
            self.seconds += seconds

    def clock(self, *, chance: float = 0.0) -> Clock:
        return Clock(
            now=lambda: NOON + timedelta(seconds=self.seconds),
            monotonic=lambda: 1000.0 + self.seconds,
            pause=self.pause,
            chance=lambda: chance,
        )


def work_of(run: Callable[[datetime], Awaitable[object]], **changes: object) -> PeriodicWork:
    work = PeriodicWork(
        name="test-loop",
        run=run,
        interval_seconds=60,
        first_delay_seconds=10,
        backoff=BACKOFF,
        expected=(OSError,),
    )
    return replace(work, **changes)  # type: ignore[arg-type]


async def run_until_over(work: Work, time: FakeTime, *, chance: float = 0.0) -> Loop:
    loop = Loop(work, time.clock(chance=chance))
    with pytest.raises(Over):
        await loop.run_forever()
    return loop
