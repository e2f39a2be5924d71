"""Queries with defaults, and the parts that tests write them with."""

from datetime import UTC, datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.statistics.definitions.dimensions import DimensionName
from campaigns.statistics.definitions.metrics import MetricName
from campaigns.statistics.query.parse import parse_query
from campaigns.statistics.query.run import answer_query
from campaigns.statistics.types import Answer, DateRange, Filter
from tests.database.statistics.histories import FIRST, LAST


async def ask(session: AsyncSession, principal: Principal, **asked: Any) -> Answer:
    """The answer to a query with defaults for all fields that are not given."""
    given: dict[str, Any] = {
        "metrics": list(MetricName),
        "dimensions": [],
        "date_range": DateRange(FIRST, LAST),
        "timezone": "Asia/Jakarta",
        "filters": [],
        "order_by": [],
        "limit": 10_000,
    }
    return await answer_query(session, principal, query=parse_query(**{**given, **asked}))


def only(dimension: DimensionName, *values: str) -> Filter:
    return Filter(dimension, "is", values)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
