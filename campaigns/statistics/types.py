"""Words of statistics: a query as data, and the answer to it.

Metrics and dimensions are named here by text; `definitions` holds what each name means.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

# The dimension of local days: days order the rows by default, and an answer lists all of the range.
DAY = "time:day"

Operator = Literal["is"]


class FactName(StrEnum):
    """A table whose rows are counted; `facts.FACTS` says how each is read."""

    CLICKS = "clicks"
    CONVERSIONS = "conversions"


class Direction(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


@dataclass(frozen=True, slots=True)
class DateRange:
    """Local days, both counted in."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The same range in UTC: `end` is the first moment after it."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Only what has one of the values in the dimension."""

    dimension: str
    operator: Operator
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """One key to sort by: a metric or dimension of the query."""

    field: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Query:
    """A question with nothing left to guess: defaults filled in, days resolved, the order total."""

    metrics: tuple[str, ...]
    dimensions: tuple[str, ...]
    date_range: DateRange
    timezone: str
    utc_range: TimeRange
    filters: tuple[Filter, ...]
    order_by: tuple[Order, ...]
    limit: int


@dataclass(frozen=True, slots=True)
class Row:
    """One group: its values in the order of the query's dimensions, its figures in the order of its metrics."""

    dimensions: Sequence[str]
    metrics: Sequence[int | float | None]


@dataclass(frozen=True, slots=True)
class Quality:
    """How far the figures can be trusted, read in the same snapshot as they are."""

    unattributed_registrations: int
    unattributed_share: float | None
    orphan_taps: int
    filtered_taps: int
    filtered_share: float | None
    previews: int
    lost_taps: int
    bot_rules: int
    watermark: datetime
    complete: bool


@dataclass(frozen=True, slots=True)
class Meta:
    quality: Quality
    time_labels: Sequence[date] | None
    total_rows: int
    definitions: str


@dataclass(frozen=True, slots=True)
class Answer:
    results: Sequence[Row]
    query: Query
    meta: Meta
