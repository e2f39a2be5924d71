"""An answer that all who ask for it share, so that asking cannot be used as load."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

KEPT_SECONDS = 1.0

T = TypeVar("T")


class SharedAnswer(Generic[T]):
    """The answer of one call at a time, given to all who ask meanwhile and for `kept_seconds` after it."""

    def __init__(self, *, kept_seconds: float = KEPT_SECONDS, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._kept_seconds = kept_seconds
        self._monotonic = monotonic
        self._asking: asyncio.Future[T] | None = None
        self._answered_at: float | None = None

    async def get(self, ask: Callable[[], Awaitable[T]], *, within_seconds: float) -> T | None:
        """The shared answer, by a new call if there is none; None if it takes longer. The call is not cancelled."""
        asking = self._asking
        if asking is None or (
            self._answered_at is not None and self._monotonic() - self._answered_at > self._kept_seconds
        ):
            self._answered_at = None
            asking = self._asking = asyncio.ensure_future(ask())
            asking.add_done_callback(self._answered)
        await asyncio.wait({asking}, timeout=within_seconds)
        return asking.result() if asking.done() else None

    def _answered(self, _asking: "asyncio.Future[T]") -> None:
        self._answered_at = self._monotonic()
