"""What stands in for a journal that could not be made, on a disk that is full or may not be written to.

Taps go to PostgreSQL all the same; while that is away too they wait in memory, and each of them tries to make one.
"""

from campaigns.clicks.journal.journal import Chunk, Entry, Journal
from campaigns.clicks.journal.loss_record import LossRecord


class NullJournal:
    """It takes nothing, and what it knows of losses dies with the process."""

    damaged = False

    def __init__(self) -> None:
        self.losses = LossRecord(None)

    def append(self, _entry: Entry) -> int:
        raise OSError("there is no journal")

    def read(self, _most_taps: int) -> Chunk | None:
        return None

    def forget(self, _upto: int) -> None:
        pass

    def shrink(self) -> None:
        pass

    def close(self) -> None:
        self.losses.close()

    remove = close


AnyJournal = Journal | NullJournal
