"""The public contract of statistics."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.http.schemas import Name, RequestModel, ShortName, example, near_present
from campaigns.attribution.types import NOT_SET
from campaigns.statistics.definitions.dimensions import DIMENSIONS, DimensionName
from campaigns.statistics.definitions.metrics import METRICS, MetricName
from campaigns.statistics.query.parse import (
    DEFAULT_ROWS,
    MAX_DAYS,
    MAX_DIMENSIONS,
    MAX_FILTER_VALUES,
    MAX_FILTERS,
    MAX_ROWS,
)
from campaigns.statistics.types import Direction, Operator


def _written_as_date(value: object) -> object:
    # Pydantic would also accept numbers and midnights as dates.
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise PydanticCustomError("date_parsing", "not a day")
    return value


def _glossary(entries: dict[str, str]) -> str:
    return "\n".join(f"- `{name}`: {meaning}" for name, meaning in entries.items())


Day = Annotated[date, BeforeValidator(_written_as_date), AfterValidator(near_present)]

_METRICS = _glossary({name: one.meaning for name, one in METRICS.items()})
MAX_METRICS = len(METRICS)
_DIMENSIONS = _glossary({name: one.meaning for name, one in DIMENSIONS.items()})

# The domain rejects dimensions without filter values (`not-filterable`).
_FILTERABLE = [name for name, one in DIMENSIONS.items() if one.known is not None]
FilterDimension = Annotated[
    DimensionName, WithJsonSchema({"title": "Dimension", "enum": _FILTERABLE, "type": "string"})
]

RANGE = {"from": "2026-11-01", "to": "2026-11-02"}
FILTER = {"dimension": "source", "operator": "is", "values": ["instagram"]}
ORDER = {"field": "clicks", "direction": "desc"}


class QueryRange(RequestModel):
    """A range of local days in the time zone of the query. Both days are included."""

    model_config = example(RANGE)

    from_: Day = Field(alias="from")
    to: Day = Field(description=f"The last day. A range has at most {MAX_DAYS} days.")


class QueryFilter(RequestModel):
    """Selects taps and registrations with one of the values in the dimension. Several filters must all match."""

    model_config = example({**FILTER, "values": ["ig", NOT_SET]})

    dimension: FilterDimension = Field(title="Dimension")
    operator: Operator
    values: list[Name] = Field(
        min_length=1,
        max_length=MAX_FILTER_VALUES,
        description="Campaigns and links by slug, sources by any spelling in your channels, other dimensions by the "
        f"values in results. `{NOT_SET}` selects those without a value. Campaigns always have a value, and "
        "clicks always have a link. An unknown value is an error (422).",
    )


class QueryOrder(RequestModel):
    """A sort key. Rows without a value come last."""

    model_config = example(ORDER)

    field: ShortName = Field(description="A metric or dimension of the query.")
    direction: Direction


class StatisticsQuery(RequestModel):
    """A query for the statistics of your units' campaigns."""

    model_config = example(
        {
            "metrics": ["clicks", "registrations", "conversion_rate"],
            "dimensions": ["link"],
            "date_range": RANGE,
            "filters": [{**FILTER, "values": ["ig"]}],
        }
    )

    metrics: list[MetricName] = Field(
        min_length=1, max_length=MAX_METRICS, description=f"The metrics, each at most once.\n\n{_METRICS}"
    )
    dimensions: list[DimensionName] = Field(
        default_factory=list,
        max_length=MAX_DIMENSIONS,
        description="The dimensions to group by, each at most once. If the list is empty, the result is one row with "
        "the totals. For all metrics that count, except `visitors`, the rows add up to the total. A "
        "dimension that cannot be combined with one of the metrics is an error (422, "
        f"`not-for-this-metric`).\n\n{_DIMENSIONS}",
    )
    date_range: QueryRange
    timezone: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        None,
        description="The time zone of the days, as a name of the IANA database. Null: the time zone of the deployment.",
    )
    filters: list[QueryFilter] = Field(default_factory=list, max_length=MAX_FILTERS)
    order_by: list[QueryOrder] = Field(
        default_factory=list,
        max_length=MAX_METRICS + MAX_DIMENSIONS,
        description="The sort keys, most important key first. If the list is empty: by day if `time:day` is a "
        "dimension, otherwise by the first metric in descending order. Dimensions that are not listed "
        "follow as the last sort keys.",
    )
    limit: Annotated[StrictInt, Field(ge=1, le=MAX_ROWS)] = Field(
        DEFAULT_ROWS, description="Maximum number of rows in the result."
    )
