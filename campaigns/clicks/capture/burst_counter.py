"""In-process burst detection: flags a tap immediately, so the periodic SQL job has fewer rows to update.

It never flags a tap that the job (`bots/bursts.py`) would not: a count over the limit within a fixed window is over it
within the sliding window too. It counts the taps of this process only, so the job decides in the end.
"""

from campaigns.clicks.bots.bursts import MAX_TAPS, WITHIN
from campaigns.clicks.visitors import NETWORK_SHIFT

# Networks and links in one window. Those that come later are left to the job.
MAX_COUNTED = 100_000
_WINDOW_MS = int(WITHIN.total_seconds() * 1000)


class BurstCounter:
    """Counts taps of networks on links for one server process; starts anew with every window."""

    def __init__(self) -> None:
        self._window = 0
        self._taps: dict[tuple[int, bytes], int] = {}

    def is_burst(self, visitor: int, link_id: bytes, now_ms: int) -> bool:
        """Whether a tap now is one too many for the people behind one address."""
        window = now_ms // _WINDOW_MS
        if window != self._window:
            self._window = window
            self._taps = {}
        key = (visitor >> NETWORK_SHIFT, link_id)
        count = self._taps.get(key, 0) + 1
        if count > 1 or len(self._taps) < MAX_COUNTED:
            self._taps[key] = count
        return count > MAX_TAPS
