"""The same figures computed by plain loops over the same rows, for comparison with the SQL."""

from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from campaigns.clicks.types import BotReason
from campaigns.planning.models import Unit
from tests.database.statistics.histories import FIRST, LAST, Happened
from tests.factories.clicks import DEPLOYMENT_ZONE


def in_range(one: Happened, zone: str) -> bool:
    return FIRST <= day_of(one, zone) <= LAST


def day_of(one: Happened, zone: str) -> date:
    return one.at.astimezone(ZoneInfo(zone)).date()


FIRST_REASONS = [
    "preview",
    "crawler",
    "automated",
    "empty_agent",
    "head",
    "subresource",
    "prefetch",
    "implausible",
    "burst",
    "uniform",
]


def value_of(one: Happened, dimension: str, zone: str) -> str:
    if dimension == "campaign":
        return one.campaign.slug
    if dimension == "time:day":
        return day_of(one, zone).isoformat()
    value = _of_link(one, dimension) if dimension in OF_LINK else _of_tap(one, dimension)
    return value or "(not set)"


OF_LINK = {"link": "slug", "source": "utm_source", "medium": "utm_medium", "channel_group": "channel_group"}


def _of_link(one: Happened, dimension: str) -> str | None:
    return getattr(one.link, OF_LINK[dimension]) if one.link else None


def _of_tap(one: Happened, dimension: str) -> str | None:
    if dimension == "bot_reason":
        words = {str(reason.name).lower() for reason in one.reasons}
        return next((word for word in FIRST_REASONS if word in words), None)
    if dimension in ("device", "app"):
        return getattr(one.agent, dimension) if one.agent else None
    return one.noted[{"referrer": "referrer_host"}.get(dimension, dimension)]


def counted_as(one: Happened) -> str:
    """The measure that counts a row; a tap is a click, a preview or filtered."""
    if one.kind != "tap":
        return one.kind
    if not one.reasons:
        return "click"
    return "preview" if BotReason.PREVIEW in one.reasons else "filtered"


def counted(history: Iterable[Happened], *, viewer: Unit, units: Sequence[Unit], zone: str) -> list[Happened]:
    """The rows of the range that a viewer of the unit sees."""
    seen = {unit.id for unit in units if unit.path.startswith(viewer.path)}
    return [
        one
        for one in history
        if one.campaign.unit_id in seen and in_range(one, zone) and one.kind in ("tap", "registered", "accepted")
    ]


def figures(rows: Sequence[Happened]) -> list[float | None]:
    """All metrics of one group, in the order of MetricName."""
    taps = [one for one in rows if counted_as(one) == "click"]
    visitors = 0
    for day in {one.at.astimezone(DEPLOYMENT_ZONE).date() for one in taps}:
        visitors += len({one.person for one in taps if one.at.astimezone(DEPLOYMENT_ZONE).date() == day})
    registrations = sum(one.change for one in rows if one.kind == "registered")
    accepted = sum(one.change for one in rows if one.kind == "accepted")
    rate = round(registrations / len(taps), 6) if taps else None
    previews, filtered = (sum(counted_as(one) == kind for one in rows) for kind in ("preview", "filtered"))
    return [len(taps), visitors, registrations, accepted, rate, previews, filtered]


def breakdown(
    rows: Iterable[Happened], dimensions: Sequence[str], zone: str
) -> dict[tuple[str, ...], list[float | None]]:
    groups: dict[tuple[str, ...], list[Happened]] = {} if dimensions else {(): []}
    for one in rows:
        groups.setdefault(tuple(value_of(one, name, zone) for name in dimensions), []).append(one)
    return {key: figures(members) for key, members in groups.items()}
