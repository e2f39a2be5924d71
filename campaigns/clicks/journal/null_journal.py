"""Replacement for a journal that could not be created, because the disk is full or not writable.

Taps still go to PostgreSQL. While that is unreachable too, they wait in memory, and each write attempt tries to create
a journal again.
"""

from campaigns.clicks.journal.journal import Chunk, Entry, Journal
from campaigns.clicks.journal.loss_record import LossRecord


class NullJournal:
    """A journal that accepts nothing; its record of losses is in memory only."""

    damaged = False

    def __init__(self) -> None:
        self.losses = LossRecord(None)

    def append(self, _entry: Entry) -> int:
        raise OSError("there is no journal")

    def read(self, _max_taps: int) -> Chunk | None:
        return None

    def forget(self, _upto: int) -> None:
        pass

    def shrink(self) -> None:
        pass

    def close(self) -> None:
        self.losses.close()

    remove = close


AnyJournal = Journal | NullJournal
