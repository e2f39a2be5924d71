"""The public contract of statistics."""

from datetime import date, datetime

from pydantic import Field

from api.http.schemas import ResponseModel, example
from api.statistics.requests import FILTER, ORDER, RANGE
from campaigns.attribution.rules import MAX_TOUCH_AGE
from campaigns.statistics.definitions.dimensions import DimensionName
from campaigns.statistics.definitions.metrics import DECIMALS, MetricName
from campaigns.statistics.types import Direction, Operator

_EXECUTED = {
    "metrics": ["clicks", "registrations", "conversion_rate"],
    "dimensions": ["link"],
    "date_range": RANGE,
    "timezone": "Asia/Jakarta",
    "utc_range": {"from": "2026-10-31T17:00:00Z", "to": "2026-11-02T17:00:00Z"},
    "filters": [FILTER],
    "order_by": [ORDER, {"field": "link", "direction": "asc"}],
    "limit": 1000,
}

_ROW = {"dimensions": ["bintara-ig-story"], "metrics": [1840, 92, 0.05]}

_QUALITY = {
    "unattributed_registrations": 0,
    "unattributed_share": 0.0,
    "shared_touches": 2,
    "expired_touches": 0,
    "robot_touches": 0,
    "orphan_taps": 3,
    "filtered_taps": 211,
    "filtered_share": 0.102877,
    "previews": 64,
    "restored_taps": 1,
    "lost_taps": 0,
    "bot_rules": 1,
    "watermark": "2026-11-03T02:00:00Z",
    "complete": True,
}

_META = {"quality": _QUALITY, "time_labels": None, "total_rows": 1, "definitions": "3"}


class ExecutedRange(ResponseModel):
    """A range of local days in the time zone of the query. Both days are included."""

    model_config = example(RANGE)

    from_: date = Field(validation_alias="first", serialization_alias="from")
    to: date = Field(validation_alias="last")


class ExecutedUtcRange(ResponseModel):
    """The date range in UTC."""

    model_config = example({"from": "2026-10-31T17:00:00Z", "to": "2026-11-02T17:00:00Z"})

    from_: datetime = Field(validation_alias="start", serialization_alias="from")
    to: datetime = Field(validation_alias="end", description="End of the range (exclusive).")


class ExecutedFilter(ResponseModel):
    """A filter with its values as they are stored, each once."""

    model_config = example(FILTER)

    dimension: DimensionName
    operator: Operator
    values: list[str]


class ExecutedOrder(ResponseModel):
    """A sort key of the rows."""

    model_config = example(ORDER)

    field: str
    direction: Direction


class ExecutedQuery(ResponseModel):
    """The executed query, with default values, normalized filter values and the range in UTC."""

    model_config = example(_EXECUTED)

    metrics: list[MetricName]
    dimensions: list[DimensionName]
    date_range: ExecutedRange
    timezone: str
    utc_range: ExecutedUtcRange
    filters: list[ExecutedFilter]
    order_by: list[ExecutedOrder]
    limit: int


class ResultRow(ResponseModel):
    """A row of the result."""

    model_config = example(_ROW)

    dimensions: list[str] = Field(description="Values of the dimensions, in the order of the query.")
    metrics: list[int | float | None] = Field(description="Values of the metrics, in the order of the query.")


class AnswerQuality(ResponseModel):
    """Quality of the figures, read in the same database snapshot."""

    model_config = example(_QUALITY)

    unattributed_registrations: int = Field(
        description="Registrations without a touch that is a visit, for the units, days and filters of the query. "
        "Filters on dimensions that only taps have do not apply."
    )
    unattributed_share: float | None = Field(
        description=f"`unattributed_registrations` divided by all these registrations, rounded to {DECIMALS} "
        f"decimals. Null if there are no registrations."
    )
    shared_touches: int = Field(
        description="Touches that another candidate had brought before, by the units, days and campaigns of the "
        "registrations, and by the links of the touches. They earn no credit. Many of them: somebody passes on the "
        "address of the landing page with its `cid`."
    )
    expired_touches: int = Field(
        description=f"The same for touches of clicks that were older than {MAX_TOUCH_AGE.days} days."
    )
    robot_touches: int = Field(description="The same for touches of robots' taps.")
    orphan_taps: int = Field(
        description="Taps by people on short links that do not exist, for the days of the query. They belong to no "
        "unit, so this number is for the whole deployment, and filters do not apply."
    )
    filtered_taps: int = Field(
        description="Taps that are neither clicks nor previews, for the units, days and filters of the query."
    )
    filtered_share: float | None = Field(
        description=f"`filtered_taps` divided by the sum of `filtered_taps` and clicks, rounded to {DECIMALS} "
        f"decimals. Null if both are 0."
    )
    previews: int = Field(description="Previews, for the units, days and filters of the query.")
    restored_taps: int = Field(
        description="Clicks, for the units, days and filters of the query, that would be filtered (as `prefetch`, "
        "`implausible`, `burst` or `uniform`) if nobody had registered with them."
    )
    lost_taps: int = Field(
        description="Taps that could not be stored, in periods that overlap the days of the query. Their links are "
        "unknown, so this number is for the whole deployment."
    )
    bot_rules: int = Field(description="Version of the bot rules that classify new user agents.")
    watermark: datetime = Field(
        description="Time of the database snapshot. The figures include everything that was stored before."
    )
    complete: bool = Field(
        description="True if the figures include all taps and registrations up to the watermark. False if taps were "
        "lost. Taps that a server still holds because it could not reach the database are not known here."
    )


class AnswerMeta(ResponseModel):
    """Information about the result."""

    model_config = example(_META)

    quality: AnswerQuality
    time_labels: list[date] | None = Field(
        description="All days of the range, including days without a row. Null unless `time:day` is a dimension."
    )
    total_rows: int = Field(description="Number of rows before `limit` was applied.")
    definitions: str = Field(
        description="Version of the definitions of the metrics. Figures of different versions may differ."
    )


class StatisticsAnswer(ResponseModel):
    """The result of a query, the executed query and the quality of the figures."""

    model_config = example({"results": [_ROW], "query": _EXECUTED, "meta": _META})

    results: list[ResultRow] = Field(description="Rows without any counted tap or registration are omitted.")
    query: ExecutedQuery
    meta: AnswerMeta
