"""Pure rules of attribution: which touch gets the credit, and which stage kinds an application counts in."""

from collections.abc import Iterable, Sequence

from campaigns.attribution.types import VerifiedTouch
from campaigns.planning.types import StageKind

# The way forward. Whoever stands at one of these keeps counting in those before it: an accepted person was verified.
PROGRESS = (StageKind.REGISTERED, StageKind.VERIFIED, StageKind.ASSESSED, StageKind.ACCEPTED)

# What leaving the way forward takes back; verified and assessed did happen and stay counted.
UNDONE_BY_LEAVING = frozenset({StageKind.ACCEPTED, StageKind.REJECTED, StageKind.WITHDRAWN})


def journey(touches: Iterable[VerifiedTouch]) -> list[VerifiedTouch]:
    """The touches oldest first, each click once."""
    distinct = {touch.click_id: touch for touch in touches}
    return sorted(distinct.values(), key=lambda touch: (touch.touched_at, touch.click_id))


def last_touch(touches: Sequence[VerifiedTouch]) -> VerifiedTouch | None:
    """The touch of a journey that the application is put down to: the last, whichever campaign it belongs to."""
    return touches[-1] if touches else None


def counted_after(counted: frozenset[StageKind], entered: StageKind) -> frozenset[StageKind]:
    """The kinds an application counts in once it entered a stage of the kind `entered`.

    Registered is counted at submission and never taken back. On the way forward a kind is counted when it is entered,
    those before it stay counted, those after it are taken back. Rejected and withdrawn count only while the
    application stands there; entering them takes back accepted, not verified or assessed.
    """
    if entered in PROGRESS:
        kept = counted & frozenset(PROGRESS[: PROGRESS.index(entered)])
    else:
        kept = counted - UNDONE_BY_LEAVING
    return kept | {entered} | (counted & {StageKind.REGISTERED})


def conversion_changes(counted: frozenset[StageKind], entered: StageKind) -> list[tuple[StageKind, int]]:
    """The facts to write when an application that counts in `counted` enters a kind: what is taken back, then added.

    The sum of the changes of an application and kind is therefore always 0 or 1.
    """
    after = counted_after(counted, entered)
    taken_back = [(kind, -1) for kind in StageKind if kind in counted - after]
    added = [(kind, 1) for kind in StageKind if kind in after - counted]
    return taken_back + added
