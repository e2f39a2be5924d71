"""Pure rules of attribution: which touch is credited, and in which stage kinds an application is counted."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from campaigns.attribution.types import JudgedTouch, TouchVerdict, VerifiedTouch
from campaigns.planning.types import StageKind

# In order: an application that stands in one of these is counted in those before it too (an accepted one was verified).
PROGRESS = (StageKind.REGISTERED, StageKind.VERIFIED, StageKind.ASSESSED, StageKind.ACCEPTED)

# No longer counted once an application is rejected or withdrawn; that it was verified and assessed stays true.
UNDONE_OUTSIDE_PROGRESS = frozenset({StageKind.ACCEPTED, StageKind.REJECTED, StageKind.WITHDRAWN})

# More than a person taps before registering; each is a row.
MAX_TOUCHES = 100
# Longer than an intake is open, and the longest that web analytics look back too (Google Analytics 4: 90 days).
MAX_TOUCH_AGE = timedelta(days=90)


def order_touches(touches: Iterable[VerifiedTouch]) -> list[VerifiedTouch]:
    """The touches oldest first, each click once; of too many, the newest."""
    distinct = {touch.click_id: touch for touch in touches}
    return sorted(distinct.values(), key=lambda touch: (touch.touched_at, touch.click_id))[-MAX_TOUCHES:]


def is_expired(touch: VerifiedTouch, *, now: datetime) -> bool:
    """Whether the touch is too old to tell why somebody registers now."""
    return now - touch.touched_at > MAX_TOUCH_AGE


def last_visit(touches: Sequence[JudgedTouch]) -> VerifiedTouch | None:
    """The touch that is credited with the application: the last that proves a visit, of whichever campaign."""
    return next((one.touch for one in reversed(touches) if one.verdict is TouchVerdict.VISIT), None)


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
