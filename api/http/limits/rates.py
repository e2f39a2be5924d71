"""How many requests a minute one caller may make, after a pause more of them at once (a token bucket for each caller).

Kept in the memory of one process, as one number for each caller who made a request of late.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

# Callers that are known at a time, some 5 MB. Beyond it the one that was silent longest is forgotten, and may send as
# after a pause.
MAX_CALLERS = 20_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """What became of a request: how many more may follow at once, and the seconds until it is allowed (0: it is)."""

    remaining: int
    wait_seconds: int


class RateLimit:
    """`per_minute` requests of each caller in the long run, and up to `at_once` of them after a pause."""

    def __init__(self, *, per_minute: int, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.at_once = at_once
        self.seconds_each = 60 / per_minute
        self._clock = clock
        # When all that the caller has taken is given back. (The generic cell rate algorithm of ATM networks.)
        self._settled = OrderedDict[str, float]()

    def take(self, caller: str) -> Allowance:
        """Count a request, unless it is refused."""
        now = self._clock()
        settled = max(self._settled.pop(caller, now), now)
        late = settled + self.seconds_each - now - self.at_once * self.seconds_each
        if late > 1e-9:
            self._settled[caller] = settled
            return Allowance(0, math.ceil(late))
        self._settled[caller] = settled = settled + self.seconds_each
        if len(self._settled) > MAX_CALLERS:
            self._settled.popitem(last=False)
        return Allowance(int(self.at_once - (settled - now) / self.seconds_each + 1e-9), 0)

    def __len__(self) -> int:
        """How many callers are known."""
        return len(self._settled)
