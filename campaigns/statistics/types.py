"""Types of a statistics query and its answer.

Metrics and dimensions are plain names here; `definitions` defines them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

# The dimension of local days. Rows are sorted by it by default, and answers list every day of the range.
DAY = "time:day"

Operator = Literal["is"]


class FactName(StrEnum):
    """The counted tables; `facts.FACTS` holds the joins of each."""

    CLICKS = "clicks"
    CONVERSIONS = "conversions"
    TOUCHES = "touches"


class Direction(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


@dataclass(frozen=True, slots=True)
class DateRange:
    """A range of local days, both ends included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class TimeRange:
    """A range of UTC times; `end` is excluded."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Filter:
    """Selects the rows whose dimension has one of the values."""

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
    """A validated query: defaults filled in, days converted to UTC, rows in a total order."""

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
    """How reliable the figures are; read in the same database snapshot as them."""

    unattributed_registrations: int
    unattributed_share: float | None
    shared_touches: int
    expired_touches: int
    robot_touches: int
    orphan_taps: int
    filtered_taps: int
    filtered_share: float | None
    previews: int
    restored_taps: int
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
