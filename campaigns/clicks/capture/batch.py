"""Taps that are put on a disk together, and who waits for that."""

import asyncio
from dataclasses import dataclass, field

from campaigns.clicks.capture.agent_cache import CachedAgent


@dataclass(slots=True, eq=False)
class Batch:
    """Lines of COPY text that came in one after the other, the agents they refer to, and who waits for them.

    `opened`: when the first of them came (monotonic seconds). `timer` sends on those who wait too long. `sent_on`:
    whether some were sent on although their taps are on no disk.
    """

    lines: list[bytes] = field(default_factory=list)
    agents: dict[int, CachedAgent] = field(default_factory=dict)
    waiters: list["asyncio.Future[bool]"] = field(default_factory=list)
    opened: float = 0.0
    timer: asyncio.TimerHandle | None = None
    sent_on: bool = False

    def answer(self, durable: bool) -> None:
        """Tell all who wait whether the taps are on a disk."""
        if self.timer is not None:
            self.timer.cancel()
        if not durable:
            self.sent_on = True
        for waiter in self.waiters:
            if not waiter.done():  # its browser may have gone away
                waiter.set_result(durable)
        self.waiters = []
