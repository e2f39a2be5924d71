"""Bursts as they happen: taps marked at once that `bursts` would mark a minute later, which spares the database work.

Never more than `bursts` marks: what is over the limit within a fixed stretch of time is over it within the sliding one.
Counts only what this process sees, so `bursts` has the last word.
"""

from campaigns.clicks.bots.bursts import MAX_TAPS, WITHIN

_WINDOW_MS = int(WITHIN.total_seconds() * 1000)


class BurstCounter:
    """Counts taps of visitors on links for one server process; forgets them with every stretch of time."""

    def __init__(self) -> None:
        self._stretch = 0
        self._taps: dict[tuple[int, bytes], int] = {}

    def is_burst(self, visitor: int, link_id: bytes, now_ms: int) -> bool:
        """Whether a tap now is one too many for a person's fingers."""
        stretch = now_ms // _WINDOW_MS
        if stretch != self._stretch:
            self._stretch = stretch
            self._taps = {}
        key = (visitor, link_id)
        count = self._taps.get(key, 0) + 1
        self._taps[key] = count
        return count > MAX_TAPS
