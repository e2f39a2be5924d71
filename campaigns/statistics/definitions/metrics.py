"""What each figure means. A new metric is one entry of `MetricName`.

An entry holds the name, the meaning for the API document, the measures it needs, and how to compute it from them.

Increase `DEFINITIONS` when a meaning changes. Every answer contains it, so that readers can distinguish figures of
different definitions.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import BigInteger, ColumnElement, Numeric, cast, func
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import col

from campaigns.attribution.models import Conversion
from campaigns.clicks.bots.reasons import IS_FILTERED, IS_PERSON, IS_PREVIEW
from campaigns.clicks.models import Click
from campaigns.planning.types import StageKind
from campaigns.statistics.types import FactName

DEFINITIONS = "3"
DECIMALS = 6  # of every share and rate


@dataclass(frozen=True, slots=True)
class Measure:
    """An integer: the aggregate `count` over the rows of one table that satisfy `of`."""

    name: str
    fact: FactName
    count: FunctionElement[Any]
    of: ColumnElement[bool]


Counts = Mapping[str, ColumnElement[int]]  # of one group, by measure name


def _only(counts: Counts) -> ColumnElement[Any]:
    (count,) = counts.values()
    return count


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of one group: `value` computes it from the counts of `needs`; by default it is the only count."""

    name: str
    meaning: str
    needs: tuple[Measure, ...]
    value: Callable[[Counts], ColumnElement[Any]] = _only


def rate(part: ColumnElement[int], whole: ColumnElement[int]) -> ColumnElement[Any]:
    """`part / whole`, rounded to `DECIMALS`; null if `whole` is 0."""
    return func.round(cast(part, Numeric) / func.nullif(whole, 0), DECIMALS)


def _entered(name: str, kind: StageKind) -> Measure:
    of = col(Conversion.stage_kind) == kind.value
    return Measure(name, FactName.CONVERSIONS, func.sum(col(Conversion.change)), of)


# Measures that several metrics need.
CLICK_COUNT = Measure("clicks", FactName.CLICKS, func.count(), IS_PERSON)
REGISTRATION_COUNT = _entered("registrations", StageKind.REGISTERED)


class MetricName(StrEnum):
    """The metrics of a query."""

    definition: Metric

    def __new__(cls, definition: Metric) -> Self:
        member = str.__new__(cls, definition.name)
        member._value_ = definition.name
        member.definition = definition
        return member

    CLICKS = Metric(
        "clicks",
        "Taps by people on links of your units' campaigns. The bot rules decide which taps are by people.",
        (CLICK_COUNT,),
    )
    VISITORS = Metric(
        "visitors",
        "Number of different visitors who tapped on a day, added up over the days. A visitor is one internet address "
        "with one kind of device, browser and language, so it is fewer than the people where many share an address: a "
        "school class can be one visitor, each of its taps is a click. A visitor is recognized only within one day of "
        "the time zone of the deployment: a person who taps on two days counts twice. A visitor who taps two links "
        "counts in the row of each link, so the rows can add up to more than the total.",
        # The salt of the visitor hash changes daily, so the same person has a different hash each day.
        (Measure("visitors", FactName.CLICKS, func.count(col(Click.visitor).distinct()), IS_PERSON),),
    )
    REGISTRATIONS = Metric(
        "registrations",
        "Applications that entered a stage of the kind `registered`, minus those that were moved back out of it as a "
        "correction. Each counts on the day it was recorded.",
        (REGISTRATION_COUNT,),
    )
    ACCEPTED = Metric(
        "accepted",
        "Applications that entered a stage of the kind `accepted`, minus those that were moved back out of it as a "
        "correction. Each counts on the day it was recorded, not on the day of registration.",
        (_entered("accepted", StageKind.ACCEPTED),),
    )
    CONVERSION_RATE = Metric(
        "conversion_rate",
        f"`registrations` divided by `clicks`, rounded to {DECIMALS} decimals. Null if there are no clicks. It can "
        f"exceed 1, because people also register without a tap or long after it. It is negative if there are more "
        f"corrections than registrations.",
        (REGISTRATION_COUNT, CLICK_COUNT),
        lambda counts: rate(counts[REGISTRATION_COUNT.name], counts[CLICK_COUNT.name]),
    )
    PREVIEWS = Metric(
        "previews",
        "Requests by apps that show a preview of a shared link. They are not clicks.",
        (Measure("previews", FactName.CLICKS, func.count(), IS_PREVIEW),),
    )
    FILTERED_TAPS = Metric(
        "filtered_taps",
        "Stored taps that are neither clicks nor previews, because a bot rule applies to them. The dimension "
        "`bot_reason` shows which rule.",
        (Measure("filtered_taps", FactName.CLICKS, func.count(), IS_FILTERED),),
    )


METRICS: Mapping[str, Metric] = {one.value: one.definition for one in MetricName}
MEASURES: Mapping[str, Measure] = {measure.name: measure for one in METRICS.values() for measure in one.needs}


def as_bigint(column: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum as bigint, 0 for no rows. PostgreSQL's `sum` is null for no rows and numeric for bigint columns."""
    return cast(func.coalesce(column, 0), BigInteger)
