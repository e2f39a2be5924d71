"""A cache that is bounded in bytes, since its keys are what strangers send."""

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class BoundedCache(Generic[K, V]):
    """Values of one server process by key; the oldest are forgotten beyond `max_bytes`.

    `weigh` says how many bytes an entry takes, key and value together; it must say the same at any time. `get` is the
    dictionary's own, since it is called for every tap.
    """

    def __init__(self, max_bytes: int, weigh: Callable[[K, V], int]) -> None:
        self._entries: dict[K, V] = {}
        self._max_bytes = max_bytes
        self._weigh = weigh
        self.get = self._entries.get
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def keep(self, key: K, value: V) -> None:
        """Add an entry that is not in the cache yet."""
        self._entries[key] = value
        self.bytes += self._weigh(key, value)
        while self.bytes > self._max_bytes:
            oldest = next(iter(self._entries))
            self.bytes -= self._weigh(oldest, self._entries.pop(oldest))
