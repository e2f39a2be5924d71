"""The public contract of statistics."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from api.http.schemas import Name, RequestModel, ShortName, example
from campaigns.attribution.types import NOT_SET
from campaigns.statistics.definitions.dimensions import DIMENSIONS, DimensionName
from campaigns.statistics.definitions.metrics import METRICS, MetricName
from campaigns.statistics.query.parse import (
    DEFAULT_ROWS,
    FIRST_YEAR,
    LAST_YEAR,
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
        raise ValueError("a day is written YYYY-MM-DD")
    return value


def _near_present(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValueError(f"the year must be between {FIRST_YEAR} and {LAST_YEAR}")
    return value


def _glossary(entries: dict[str, str]) -> str:
    return "\n".join(f"- `{name}`: {meaning}" for name, meaning in entries.items())


Day = Annotated[date, BeforeValidator(_written_as_date), AfterValidator(_near_present)]

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
    """Local days of the query's time zone, both counted in."""

    model_config = example(RANGE)

    from_: Day = Field(alias="from")
    to: Day = Field(description=f"The last day; a range has at most {MAX_DAYS} days.")


class QueryFilter(RequestModel):
    """Only what has one of the values in the dimension; several filters must all hold."""

    model_config = example({**FILTER, "values": ["ig", NOT_SET]})

    dimension: FilterDimension = Field(title="Dimension")
    operator: Operator
    values: list[Name] = Field(
        min_length=1,
        max_length=MAX_FILTER_VALUES,
        description="Campaigns and links by slug, sources by any spelling of your channels, the others as breakdowns "
        f"show them. For all but campaigns `{NOT_SET}` stands for none; clicks always have a link. A value that does "
        "not exist is refused (422).",
    )


class QueryOrder(RequestModel):
    """One key to sort by; rows without a value come last."""

    model_config = example(ORDER)

    field: ShortName = Field(description="A metric or dimension that the query asks for.")
    direction: Direction


class StatisticsQuery(RequestModel):
    """A question about the figures of your units' campaigns."""

    model_config = example(
        {
            "metrics": ["clicks", "registrations", "conversion_rate"],
            "dimensions": ["link"],
            "date_range": RANGE,
            "filters": [{**FILTER, "values": ["ig"]}],
        }
    )

    metrics: list[MetricName] = Field(
        min_length=1, max_length=MAX_METRICS, description=f"What to count, each once.\n\n{_METRICS}"
    )
    dimensions: list[DimensionName] = Field(
        default_factory=list,
        max_length=MAX_DIMENSIONS,
        description="What to break the figures down by, each once; empty: one undivided row. The rows of a breakdown "
        "add up to the undivided figure for all metrics that count, visitors apart. A dimension that one of the "
        f"metrics does not have is refused (422, `not-for-this-metric`).\n\n{_DIMENSIONS}",
    )
    date_range: QueryRange
    timezone: Annotated[str, Field(min_length=1, max_length=64)] | None = Field(
        None, description="Whose days they are: a name of the IANA database; null: the deployment's zone."
    )
    filters: list[QueryFilter] = Field(default_factory=list, max_length=MAX_FILTERS)
    order_by: list[QueryOrder] = Field(
        default_factory=list,
        max_length=MAX_METRICS + MAX_DIMENSIONS,
        description="What to sort by, first key first; empty: by day where days are asked for, else by the first "
        "metric, largest first. Dimensions not named sort last.",
    )
    limit: Annotated[int, Field(strict=True, ge=1, le=MAX_ROWS)] = Field(
        DEFAULT_ROWS, description="Most rows in the answer."
    )
