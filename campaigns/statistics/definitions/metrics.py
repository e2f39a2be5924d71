"""What each figure means. A new metric is a word in `types.MetricName` and an entry here.

A change of a meaning is a new `DEFINITIONS`, which every answer names, so that figures of different meanings are told
apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Numeric, cast, func
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from campaigns.attribution.models import Conversion
from campaigns.clicks.bots.reasons import IS_FILTERED, IS_PERSON, IS_PREVIEW
from campaigns.clicks.models import Click
from campaigns.planning.types import StageKind
from campaigns.statistics.types import FactName, MetricName

DEFINITIONS = "2"
DECIMALS = 6  # of every share and rate


@dataclass(frozen=True, slots=True)
class Measure:
    """A whole number counted from the rows of one table: an aggregate over the rows that `of` names."""

    fact: FactName
    count: FunctionElement[Any]
    of: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of one group, made from the measures it needs, given by name."""

    meaning: str
    needs: tuple[str, ...]
    value: Callable[[Mapping[str, ColumnElement[int]]], ColumnElement[Any]]


def _entered(kind: StageKind) -> Measure:
    return Measure(FactName.CONVERSIONS, func.sum(col(Conversion.change)), col(Conversion.stage_kind) == kind.value)


MEASURES: Mapping[str, Measure] = {
    "clicks": Measure(FactName.CLICKS, func.count(), IS_PERSON),
    # The salt of the hash changes with the day, so nobody's hash is the same on two days.
    "visitors": Measure(FactName.CLICKS, func.count(col(Click.visitor).distinct()), IS_PERSON),
    "previews": Measure(FactName.CLICKS, func.count(), IS_PREVIEW),
    "filtered_taps": Measure(FactName.CLICKS, func.count(), IS_FILTERED),
    "registrations": _entered(StageKind.REGISTERED),
    "accepted": _entered(StageKind.ACCEPTED),
}


def rate(part: ColumnElement[int], as_bigint: ColumnElement[int]) -> ColumnElement[Any]:
    """One number divided by another, rounded; null when the other is 0."""
    return func.round(cast(part, Numeric) / func.nullif(as_bigint, 0), DECIMALS)


METRICS: Mapping[MetricName, Metric] = {
    MetricName.CLICKS: Metric(
        "People's taps on links of your units' campaigns, as far as the bot rules can tell people.",
        ("clicks",),
        lambda measures: measures["clicks"],
    ),
    MetricName.VISITORS: Metric(
        "Different people who tapped on each day, added up over the days. A visitor is known again only within one day "
        "of the deployment's time zone: who taps on two days counts twice. Somebody who tapped two links is in the row "
        "of each, so the rows of a breakdown can add up to more than the undivided figure.",
        ("visitors",),
        lambda measures: measures["visitors"],
    ),
    MetricName.REGISTRATIONS: Metric(
        "Applications that entered a stage of the kind registered, less those corrected out of it, each on the day it "
        "was recorded.",
        ("registrations",),
        lambda measures: measures["registrations"],
    ),
    MetricName.ACCEPTED: Metric(
        "Applications that entered a stage of the kind accepted, less those corrected out of it, each on the day it "
        "was recorded, whenever they registered.",
        ("accepted",),
        lambda measures: measures["accepted"],
    ),
    MetricName.CONVERSION_RATE: Metric(
        f"Registrations divided by clicks, rounded to {DECIMALS} decimals; null when there are no clicks. It can "
        "exceed 1, since people also register without a tap or long after it, and is negative where corrections "
        "outnumber registrations.",
        ("registrations", "clicks"),
        lambda measures: rate(measures["registrations"], measures["clicks"]),
    ),
    MetricName.PREVIEWS: Metric(
        "Links fetched by applications to show a preview of them where somebody shared them. They are no clicks.",
        ("previews",),
        lambda measures: measures["previews"],
    ),
    MetricName.FILTERED_CLICKS: Metric(
        "Stored taps that are counted neither as clicks nor as previews, because the bot rules name a reason against "
        "them; the dimension `bot_reason` tells which.",
        ("filtered_taps",),
        lambda measures: measures["filtered_taps"],
    ),
}


def as_bigint(column: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum as a whole number, 0 for no rows (PostgreSQL's sum is null then, and numeric for large types)."""
    return cast(func.coalesce(column, 0), BigInteger)
