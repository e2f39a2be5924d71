"""Pure rules: validate a request and fill in its defaults, and convert local days to UTC times."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.kit.errors import FieldError, FieldPath, raise_if_any
from campaigns.kit.times import known_zones
from campaigns.statistics.types import (
    DAY,
    DateRange,
    Direction,
    Filter,
    Order,
    Query,
    TimeRange,
)

MAX_DIMENSIONS = 3
MAX_DAYS = 400
MAX_FILTERS = 10
MAX_FILTER_VALUES = 100
MAX_ROWS = 10_000
DEFAULT_ROWS = 1000


def parse_query(
    *,
    metrics: Sequence[str],
    dimensions: Sequence[str],
    date_range: DateRange,
    timezone: str,
    filters: Sequence[Filter],
    order_by: Sequence[Order],
    limit: int,
) -> Query:
    """The complete query; raises Invalid with the path of every field at fault.

    An empty `order_by` sorts by day if that is a dimension, else by the first metric, largest first. The remaining
    dimensions are appended as last sort keys, so that rows never tie and `limit` always cuts at the same row. Filter
    values are only folded to lower case here; `run` looks them up in the database.
    """
    errors = [
        *_repeated(("metrics",), metrics),
        *_repeated(("dimensions",), dimensions),
        *_range_errors(date_range),
        *_zone_errors(timezone),
        *_order_errors(order_by, asked=[*metrics, *dimensions]),
    ]
    raise_if_any(errors)
    return Query(
        metrics=tuple(metrics),
        dimensions=tuple(dimensions),
        date_range=date_range,
        timezone=timezone,
        utc_range=utc_range(date_range, timezone),
        filters=tuple(replace(one, values=tuple(fold(value) for value in one.values)) for one in filters),
        order_by=_total_order(order_by or _default_order(metrics, dimensions), dimensions),
        limit=limit,
    )


def fold(value: str) -> str:
    """A filter value, trimmed and in lower case, as slugs, sources and media are stored."""
    return value.strip().lower()


def utc_range(days: DateRange, timezone: str) -> TimeRange:
    """The UTC range from the start of the first local day to the end of the last."""
    zone = ZoneInfo(timezone)
    return TimeRange(_start_of(days.first, zone), _start_of(days.last + timedelta(days=1), zone))


def days_of(days: DateRange) -> list[date]:
    """Every day of the range, in order."""
    return [days.first + timedelta(days=place) for place in range((days.last - days.first).days + 1)]


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a local day, in UTC.

    Where clocks skip midnight, Python applies the offset from before the change (PEP 495, fold 0), which gives the
    moment of the change: the first of the day. Where midnight occurs twice, fold 0 is the earlier one.
    """
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _zone_errors(timezone: str) -> list[FieldError]:
    if timezone in known_zones():
        return []
    return [
        FieldError(
            ("timezone",),
            "The time zone is unknown. Use a name of the IANA database, such as Asia/Jakarta.",
            "unknown-zone",
        )
    ]


def _range_errors(days: DateRange) -> list[FieldError]:
    if days.last < days.first:
        return [FieldError(("date_range", "to"), "`to` must not be before `from`.", "wrong-order")]
    if (days.last - days.first).days + 1 > MAX_DAYS:
        return [FieldError(("date_range", "to"), f"A range has at most {MAX_DAYS} days.", "range-too-long")]
    return []


def _repeated(path: FieldPath, names: Sequence[str]) -> list[FieldError]:
    return [
        FieldError((*path, place), "The list contains this value twice.", "repeated")
        for place, name in enumerate(names)
        if name in names[:place]
    ]


def _order_errors(order_by: Sequence[Order], *, asked: Sequence[str]) -> list[FieldError]:
    fields = [one.field for one in order_by]
    errors = []
    for place, field in enumerate(fields):
        path = ("order_by", place, "field")
        if field not in asked:
            errors.append(FieldError(path, "Sort by a metric or dimension of the query.", "not-asked"))
        elif field in fields[:place]:
            errors.append(FieldError(path, "The list contains this value twice.", "repeated"))
    return errors


def _default_order(metrics: Sequence[str], dimensions: Sequence[str]) -> list[Order]:
    if DAY in dimensions:
        return [Order(DAY, Direction.ASCENDING)]
    return [Order(metrics[0], Direction.DESCENDING)]


def _total_order(order_by: Sequence[Order], dimensions: Sequence[str]) -> tuple[Order, ...]:
    named = {one.field for one in order_by}
    return (*order_by, *(Order(one, Direction.ASCENDING) for one in dimensions if one not in named))
