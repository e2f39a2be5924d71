"""The life cycle of a link: whether it leads on at a moment, whether the public may know of it, and where it stands.

Pure rules, used by the redirect and by the official page. Times are Unix milliseconds; a link begins at the very
millisecond of its start and is over at the very millisecond of its end.
"""

from enum import StrEnum

from msgspec import Struct

from campaigns.links.types import LinkState
from campaigns.planning.types import CampaignState


class Standing(StrEnum):
    """What a link is to the public at one moment."""

    ACTIVE = "active"  # it leads on
    DOUBTFUL = "doubtful"  # it leads on, but a check found that it leads where it should not
    CLOSED = "closed"  # its campaign is closed; it may lead on all the same
    NOT_YET = "not_yet"
    PAUSED = "paused"
    ENDED = "ended"
    RETIRED = "retired"
    SECRET = "secret"  # noqa: S105 - no password; a draft, which is shown as if it did not exist


class LifeCycle(Struct, frozen=True, gc=False):
    """What the standing of a link depends on.

    `has_ended_destination` says that the link leads elsewhere after its end, `is_doubtful` that a check of its
    destinations found one refused or on a foreign host.
    """

    state: LinkState
    starts_ms: int | None
    ends_ms: int | None
    has_ended_destination: bool
    campaign_state: str
    is_doubtful: bool


def leads_on(life: LifeCycle, now_ms: int) -> bool:
    """Whether the link sends taps on at this moment."""
    if life.state is not LinkState.ACTIVE or not _has_begun(life, now_ms):
        return False
    return life.has_ended_destination or not is_over(life, now_ms)


def is_over(life: LifeCycle, now_ms: int) -> bool:
    """Whether the link's end has come."""
    return life.ends_ms is not None and now_ms >= life.ends_ms


def is_secret(life: LifeCycle) -> bool:
    """Whether the public is not to know of the link yet."""
    return life.state is LinkState.DRAFT or life.campaign_state == CampaignState.DRAFT


def closed_standing(life: LifeCycle, now_ms: int) -> Standing:
    """Why a link that does not lead on does not: RETIRED, SECRET, PAUSED, NOT_YET or ENDED."""
    if life.state is LinkState.RETIRED:
        return Standing.RETIRED
    if is_secret(life):
        return Standing.SECRET
    if life.state is LinkState.PAUSED:
        return Standing.PAUSED
    return Standing.ENDED if _has_begun(life, now_ms) else Standing.NOT_YET


def standing_of(life: LifeCycle, now_ms: int) -> Standing:
    """Where the link stands, as its official page tells it."""
    if life.state is not LinkState.ACTIVE or is_secret(life):
        return closed_standing(life, now_ms)
    if life.campaign_state == CampaignState.CLOSED:
        return Standing.CLOSED
    if not leads_on(life, now_ms):
        return closed_standing(life, now_ms)
    return Standing.DOUBTFUL if life.is_doubtful else Standing.ACTIVE


def _has_begun(life: LifeCycle, now_ms: int) -> bool:
    return life.starts_ms is None or now_ms >= life.starts_ms
