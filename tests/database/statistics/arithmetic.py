"""The same figures by plain loops over the same rows: what the SQL is compared with."""

from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from campaigns.planning.models import Unit
from tests.database.statistics.conftest import FIRST, LAST, Happened
from tests.factories.clicks import DEPLOYMENT_ZONE


def in_range(one: Happened, zone: str) -> bool:
    return FIRST <= day_of(one, zone) <= LAST


def day_of(one: Happened, zone: str) -> date:
    return one.at.astimezone(ZoneInfo(zone)).date()


def value_of(one: Happened, dimension: str, zone: str) -> str:
    if dimension == "campaign":
        return one.campaign.slug
    if dimension == "time:day":
        return day_of(one, zone).isoformat()
    if one.link is None:
        return "(not set)"
    return {"link": one.link.slug, "source": one.link.utm_source, "medium": one.link.utm_medium}[dimension]


def counted(history: Iterable[Happened], *, viewer: Unit, units: Sequence[Unit], zone: str) -> list[Happened]:
    """The rows of the range that a viewer of the unit sees."""
    seen = {unit.id for unit in units if unit.path.startswith(viewer.path)}
    return [
        one
        for one in history
        if one.campaign.unit_id in seen and in_range(one, zone) and one.kind in ("click", "registered", "accepted")
    ]


def figures(rows: Sequence[Happened]) -> list[float | None]:
    """Clicks, visitors, registrations, accepted and conversion rate of one group."""
    taps = [one for one in rows if one.kind == "click"]
    visitors = 0
    for day in {one.at.astimezone(DEPLOYMENT_ZONE).date() for one in taps}:
        visitors += len({one.person for one in taps if one.at.astimezone(DEPLOYMENT_ZONE).date() == day})
    registrations = sum(one.change for one in rows if one.kind == "registered")
    accepted = sum(one.change for one in rows if one.kind == "accepted")
    rate = round(registrations / len(taps), 6) if taps else None
    return [len(taps), visitors, registrations, accepted, rate]


def breakdown(
    rows: Iterable[Happened], dimensions: Sequence[str], zone: str
) -> dict[tuple[str, ...], list[float | None]]:
    groups: dict[tuple[str, ...], list[Happened]] = {} if dimensions else {(): []}
    for one in rows:
        groups.setdefault(tuple(value_of(one, name, zone) for name in dimensions), []).append(one)
    return {key: figures(members) for key, members in groups.items()}
