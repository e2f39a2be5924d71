"""How many rows one server process may add at strangers' wish."""

import time
from collections.abc import Callable


class Budget:
    """`at_once` rows at first, then `per_hour`; unused ones add up to `at_once` again. A token bucket."""

    def __init__(self, at_once: int, per_hour: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._per_second = per_hour / 3600
        self._clock = clock
        self._left = float(at_once)
        self._counted_at = clock()

    def take(self) -> bool:
        """Whether one more row may be added; if so, it is counted."""
        now = self._clock()
        self._left = min(self._at_once, self._left + (now - self._counted_at) * self._per_second)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
