"""The public contract of statistics."""

import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from api.http.schemas import In, Name, Out, ShortName, example
from campaigns.attribution.types import NOT_SET
from campaigns.statistics.definitions.dimensions import DIMENSIONS
from campaigns.statistics.definitions.metrics import DECIMALS, METRICS
from campaigns.statistics.query.parse import (
    DEFAULT_ROWS,
    FIRST_YEAR,
    LAST_YEAR,
    MOST_DAYS,
    MOST_DIMENSIONS,
    MOST_FILTER_VALUES,
    MOST_FILTERS,
    MOST_METRICS,
    MOST_ROWS,
)
from campaigns.statistics.types import DimensionName, Direction, MetricName


def _written_as_date(value: object) -> object:
    # Pydantic would also take numbers and midnights for dates.
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("a day is written YYYY-MM-DD")
    return value


def _near_present(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"the year must be between {FIRST_YEAR} and {LAST_YEAR}")
    return value


def _glossary(entries: dict[str, str]) -> str:
    return "\n".join(f"- `{name}`: {meaning}" for name, meaning in entries.items())


Day = Annotated[date, BeforeValidator(_written_as_date), AfterValidator(_near_present)]

_METRICS = _glossary({name.value: one.meaning for name, one in METRICS.items()})
_DIMENSIONS = _glossary({name.value: one.meaning for name, one in DIMENSIONS.items()})

_RANGE = {"from": "2026-11-01", "to": "2026-11-02"}
_FILTER = {"dimension": "source", "operator": "is", "values": ["instagram"]}
_ORDER = {"field": "clicks", "direction": "desc"}
_EXECUTED = {
    "metrics": ["clicks", "registrations", "conversion_rate"],
    "dimensions": ["link"],
    "date_range": _RANGE,
    "timezone": "Asia/Jakarta",
    "utc_range": {"from": "2026-10-31T17:00:00Z", "to": "2026-11-02T17:00:00Z"},
    "filters": [_FILTER],
    "order_by": [_ORDER, {"field": "link", "direction": "asc"}],
    "limit": 1000,
}
_ROW = {"dimensions": ["bintara-ig-story"], "metrics": [1840, 92, 0.05]}
_QUALITY = {
    "unattributed_registrations": 0,
    "unattributed_share": 0.0,
    "orphan_clicks": 3,
    "filtered_clicks": 211,
    "filtered_share": 0.102877,
    "previews": 64,
    "lost_taps": 0,
    "bot_rules": 1,
    "watermark": "2026-11-03T02:00:00Z",
    "complete": True,
}
_META = {"quality": _QUALITY, "time_labels": None, "total_rows": 1, "definitions": "2"}


class QueryRange(In):
    """Local days of the query's time zone, both counted in."""

    model_config = example(_RANGE)

    from_: Day = Field(alias="from")
    to: Day = Field(description=f"The last day; a range has at most {MOST_DAYS} days.")


class QueryFilter(In):
    """Only what has one of the values in the dimension; several filters must all hold."""

    model_config = example({**_FILTER, "values": ["ig", NOT_SET]})

    dimension: Literal[
        "campaign",
        "link",
        "source",
        "medium",
        "channel_group",
        "via",
        "variant",
        "device",
        "app",
        "country",
        "language",
        "referrer",
        "network",
        "bot_reason",
    ]
    operator: Literal["is"]
    values: list[Name] = Field(
        min_length=1,
        max_length=MOST_FILTER_VALUES,
        description="Campaigns and links by slug, sources by any spelling of your channels, the others as breakdowns "
        f"show them. For all but campaigns `{NOT_SET}` stands for none; clicks always have a link. A value that does "
        "not exist is refused (422).",
    )


class QueryOrder(In):
    """One key to sort by; rows without a value come last."""

    model_config = example(_ORDER)

    field: ShortName = Field(description="A metric or dimension that the query asks for.")
    direction: Direction


class StatisticsQuery(In):
    """A question about the figures of your units' campaigns."""

    model_config = example(
        {
            "metrics": ["clicks", "registrations", "conversion_rate"],
            "dimensions": ["link"],
            "date_range": _RANGE,
            "filters": [{**_FILTER, "values": ["ig"]}],
        }
    )

    metrics: list[MetricName] = Field(
        min_length=1, max_length=MOST_METRICS, description=f"What to count, each once.\n\n{_METRICS}"
    )
    dimensions: list[DimensionName] = Field(
        default_factory=list,
        max_length=MOST_DIMENSIONS,
        description="What to break the figures down by, each once; empty: one undivided row. The rows of a breakdown "
        "add up to the undivided figure for all metrics that count, visitors apart. A dimension that one of the "
        f"metrics does not have is refused (422, `not-for-this-metric`).\n\n{_DIMENSIONS}",
    )
    date_range: QueryRange
    timezone: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        None, description="Whose days they are: a name of the IANA database; null: the deployment's zone."
    )
    filters: list[QueryFilter] = Field(default_factory=list, max_length=MOST_FILTERS)
    order_by: list[QueryOrder] = Field(
        default_factory=list,
        max_length=MOST_METRICS + MOST_DIMENSIONS,
        description="What to sort by, first key first; empty: by day where days are asked for, else by the first "
        "metric, largest first. Dimensions not named sort last.",
    )
    limit: Annotated[int, Field(strict=True, ge=1, le=MOST_ROWS)] = Field(
        DEFAULT_ROWS, description="Most rows in the answer."
    )


class ExecutedRange(Out):
    """Local days of the query's time zone, both counted in."""

    model_config = example(_RANGE)

    from_: date = Field(validation_alias="first", serialization_alias="from")
    to: date = Field(validation_alias="last")


class ExecutedUtcRange(Out):
    """The moments of those days."""

    model_config = example({"from": "2026-10-31T17:00:00Z", "to": "2026-11-02T17:00:00Z"})

    from_: datetime = Field(validation_alias="start", serialization_alias="from")
    to: datetime = Field(validation_alias="end", description="The first moment after the range.")


class ExecutedFilter(Out):
    """A filter with its values in their stored spelling, each once."""

    model_config = example(_FILTER)

    dimension: DimensionName
    operator: Literal["is"]
    values: list[str]


class ExecutedOrder(Out):
    """One key the rows were sorted by."""

    model_config = example(_ORDER)

    field: str
    direction: Direction


class ExecutedQuery(Out):
    """The query as it was executed: defaults filled in, spellings folded, days resolved."""

    model_config = example(_EXECUTED)

    metrics: list[MetricName]
    dimensions: list[DimensionName]
    date_range: ExecutedRange
    timezone: str
    utc_range: ExecutedUtcRange
    filters: list[ExecutedFilter]
    order_by: list[ExecutedOrder]
    limit: int


class ResultRow(Out):
    """One group of the breakdown."""

    model_config = example(_ROW)

    dimensions: list[str] = Field(description="Its values, in the order the dimensions were asked in.")
    metrics: list[int | float | None] = Field(description="Its figures, in the order the metrics were asked in.")


class AnswerQuality(Out):
    """How far the figures can be trusted, read in the same snapshot as they are."""

    model_config = example(_QUALITY)

    unattributed_registrations: int = Field(
        description="Registrations of the query's units and days that no touch led to, and of its filters but those "
        "on what only taps have."
    )
    unattributed_share: float | None = Field(
        description=f"Their share of all those registrations, rounded to {DECIMALS} decimals; null when there are none."
    )
    orphan_clicks: int = Field(
        description="People's taps in the query's days on short links that do not exist. They belong to no unit, so "
        "this counts the whole deployment and no filter holds for it."
    )
    filtered_clicks: int = Field(
        description="Taps of the query's units, days and filters that are counted neither as clicks nor as previews."
    )
    filtered_share: float | None = Field(
        description=f"Their share of those and the clicks together, rounded to {DECIMALS} decimals; null when there is "
        "neither."
    )
    previews: int = Field(description="Previews of the query's units, days and filters.")
    lost_taps: int = Field(
        description="Taps of the whole deployment that could not be stored, in times that touch the query's days; "
        "whose they were is lost with them."
    )
    bot_rules: int = Field(description="Version of the bot rules that new user agents are judged by.")
    watermark: datetime = Field(description="When the snapshot was taken: what was stored by then is counted.")
    complete: bool = Field(
        description="Whether all taps and registrations by the watermark are counted, without sampling or waiting "
        "summaries; false when taps were lost. Taps that a server still keeps for an unreachable database cannot be "
        "known here."
    )


class AnswerMeta(Out):
    """About the answer."""

    model_config = example(_META)

    quality: AnswerQuality
    time_labels: list[date] | None = Field(
        description="Every day of the range, with or without a row; null unless `time:day` was asked for."
    )
    total_rows: int = Field(description="Rows there are before the limit.")
    definitions: str = Field(description="Version of what the metrics mean; figures of different versions may differ.")


class StatisticsAnswer(Out):
    """The figures, the query they answer, and how far they can be trusted."""

    model_config = example({"results": [_ROW], "query": _EXECUTED, "meta": _META})

    results: list[ResultRow] = Field(description="Groups without any counted row are left out.")
    query: ExecutedQuery
    meta: AnswerMeta
