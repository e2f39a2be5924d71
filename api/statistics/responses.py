"""The public contract of statistics."""

from datetime import date, datetime

from pydantic import Field

from api.http.schemas import ResponseModel, example
from api.statistics.requests import FILTER, ORDER, RANGE
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
    "orphan_taps": 3,
    "filtered_taps": 211,
    "filtered_share": 0.102877,
    "previews": 64,
    "lost_taps": 0,
    "bot_rules": 1,
    "watermark": "2026-11-03T02:00:00Z",
    "complete": True,
}

_META = {"quality": _QUALITY, "time_labels": None, "total_rows": 1, "definitions": "2"}


class ExecutedRange(ResponseModel):
    """Local days of the query's time zone, both counted in."""

    model_config = example(RANGE)

    from_: date = Field(validation_alias="first", serialization_alias="from")
    to: date = Field(validation_alias="last")


class ExecutedUtcRange(ResponseModel):
    """The moments of those days."""

    model_config = example({"from": "2026-10-31T17:00:00Z", "to": "2026-11-02T17:00:00Z"})

    from_: datetime = Field(validation_alias="start", serialization_alias="from")
    to: datetime = Field(validation_alias="end", description="The first moment after the range.")


class ExecutedFilter(ResponseModel):
    """A filter with its values in their stored spelling, each once."""

    model_config = example(FILTER)

    dimension: DimensionName
    operator: Operator
    values: list[str]


class ExecutedOrder(ResponseModel):
    """One key the rows were sorted by."""

    model_config = example(ORDER)

    field: str
    direction: Direction


class ExecutedQuery(ResponseModel):
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


class ResultRow(ResponseModel):
    """One group of the breakdown."""

    model_config = example(_ROW)

    dimensions: list[str] = Field(description="Its values, in the order the dimensions were asked in.")
    metrics: list[int | float | None] = Field(description="Its figures, in the order the metrics were asked in.")


class AnswerQuality(ResponseModel):
    """How far the figures can be trusted, read in the same snapshot as they are."""

    model_config = example(_QUALITY)

    unattributed_registrations: int = Field(
        description="Registrations of the query's units and days that no touch led to, and of its filters but those "
        "on what only taps have."
    )
    unattributed_share: float | None = Field(
        description=f"Their share of all those registrations, rounded to {DECIMALS} decimals; null when there are none."
    )
    orphan_taps: int = Field(
        description="People's taps in the query's days on short links that do not exist. They belong to no unit, so "
        "this counts the whole deployment and no filter holds for it."
    )
    filtered_taps: int = Field(
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


class AnswerMeta(ResponseModel):
    """About the answer."""

    model_config = example(_META)

    quality: AnswerQuality
    time_labels: list[date] | None = Field(
        description="Every day of the range, with or without a row; null unless `time:day` was asked for."
    )
    total_rows: int = Field(description="Rows there are before the limit.")
    definitions: str = Field(description="Version of what the metrics mean; figures of different versions may differ.")


class StatisticsAnswer(ResponseModel):
    """The figures, the query they answer, and how far they can be trusted."""

    model_config = example({"results": [_ROW], "query": _EXECUTED, "meta": _META})

    results: list[ResultRow] = Field(description="Groups without any counted row are left out.")
    query: ExecutedQuery
    meta: AnswerMeta
