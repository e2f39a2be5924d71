"""Pure rules of attribution: which touch is credited, and in which stage kinds an application is counted."""

from collections.abc import Iterable, Sequence

from campaigns.attribution.types import VerifiedTouch
from campaigns.planning.types import StageKind

# In order: an application that stands in one of these is counted in those before it too (an accepted one was verified).
PROGRESS = (StageKind.REGISTERED, StageKind.VERIFIED, StageKind.ASSESSED, StageKind.ACCEPTED)

# No longer counted once an application is rejected or withdrawn; that it was verified and assessed stays true.
UNDONE_OUTSIDE_PROGRESS = frozenset({StageKind.ACCEPTED, StageKind.REJECTED, StageKind.WITHDRAWN})


# More than a person taps before registering; each is a row.
MAX_TOUCHES = 100


def order_touches(touches: Iterable[VerifiedTouch]) -> list[VerifiedTouch]:
    """The touches oldest first, each click once; of too many, the newest."""
    distinct = {touch.click_id: touch for touch in touches}
    return sorted(distinct.values(), key=lambda touch: (touch.touched_at, touch.click_id))[-MAX_TOUCHES:]


def last_touch(touches: Sequence[VerifiedTouch]) -> VerifiedTouch | None:
    """The touch that is credited with the application: the last one, whichever campaign it belongs to."""
    return touches[-1] if touches else None


def kinds_after(counted: frozenset[StageKind], entered: StageKind) -> frozenset[StageKind]:
    """The kinds an application is counted in after it entered a stage of the kind `entered`.

    Registered is counted at registration and never taken back. Entering a kind of PROGRESS counts it, keeps those
    before it and takes back those after it. Rejected and withdrawn are counted only while the application stands there;
    entering them takes back accepted, but not verified or assessed.
    """
    if entered in PROGRESS:
        kept = counted & frozenset(PROGRESS[: PROGRESS.index(entered)])
    else:
        kept = counted - UNDONE_OUTSIDE_PROGRESS
    return kept | {entered} | (counted & {StageKind.REGISTERED})


def conversion_changes(counted: frozenset[StageKind], entered: StageKind) -> list[tuple[StageKind, int]]:
    """The changes to store when an application counted in `counted` enters a kind: first -1 for each kind, then +1.

    The sum of the changes of an application and kind is therefore always 0 or 1.
    """
    after = kinds_after(counted, entered)
    taken_back = [(kind, -1) for kind in StageKind if kind in counted - after]
    added = [(kind, 1) for kind in StageKind if kind in after - counted]
    return taken_back + added
