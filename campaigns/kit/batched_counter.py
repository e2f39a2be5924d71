"""A Prometheus counter that is cheap to increment thousands of times a second.

Incrementing a counter shared between processes costs two microseconds, a fifth of a whole redirect. This one adds up in
memory and updates the shared counter ten times a second. Uses prometheus_client only.
"""

import asyncio

from prometheus_client import Counter

WRITE_INTERVAL_SECONDS = 0.1


class BatchedCounter:
    """Increments that are not yet in the counter. Use it on the event loop only."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._waiting = 0

    def add(self, number: int = 1) -> None:
        """Add to the counter, which is updated within WRITE_INTERVAL_SECONDS."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(WRITE_INTERVAL_SECONDS, self._write)
        self._waiting += number

    def _write(self) -> None:
        waiting, self._waiting = self._waiting, 0  # first, so that an error does not end the counting
        self._counter.inc(waiting)
