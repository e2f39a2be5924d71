"""How many requests of one key an API process answers at a time, so that one caller cannot take the place of all.

A route that does heavy work says so: `dependencies=[HEAVY]`. `api.http.auth` counts, until the answer is sent.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from fastapi import Depends, Request

from campaigns.kit.errors import TooManyRequests


class Cost(StrEnum):
    """What answering a request takes: some milliseconds, or seconds of a processor or of PostgreSQL."""

    LIGHT = "light"
    HEAVY = "heavy"


class KeyConcurrency:
    """The requests of each key that are being answered, against the limit of their cost."""

    def __init__(self, limits: Mapping[Cost, int]) -> None:
        self._limits = limits
        self._running = Counter[tuple[str, Cost]]()

    @contextmanager
    def counted(self, key_id: str, cost: Cost) -> Iterator[None]:
        """Count a request while the block runs; raises TooManyRequests if there are as many as allowed."""
        running, limit = (key_id, cost), self._limits[cost]
        if self._running[running] >= limit:
            kind = "such requests" if cost is Cost.HEAVY else "requests"
            detail = f"The API key already has {limit} {kind} running. Repeat the request when one of them has ended."
            raise TooManyRequests("too-many-requests", detail)
        self._running[running] += 1
        try:
            yield
        finally:
            self._running[running] -= 1
            # No key that was ever used stays in memory.
            if not self._running[running]:
                del self._running[running]


def cost_of(request: Request) -> Cost:
    """What the route of the request says that it costs."""
    cost: Cost = request.scope.get("jaring.cost", Cost.LIGHT)
    return cost


def _is_heavy(request: Request) -> None:
    request.scope["jaring.cost"] = Cost.HEAVY


# FastAPI calls the dependencies that a route lists before those of its parameters, and so before the key is read.
HEAVY = Depends(_is_heavy)
