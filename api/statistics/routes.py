"""Routes of statistics."""

from api.http.auth import StatisticsReader
from api.http.context import CurrentContext
from api.http.contract.router import ContractRouter
from api.http.sessions import ReadSession
from api.statistics.requests import StatisticsQuery
from api.statistics.responses import StatisticsAnswer
from campaigns.statistics.query.parse import parse_query
from campaigns.statistics.query.run import answer_query
from campaigns.statistics.types import DateRange, Filter, Order

router = ContractRouter(prefix="/v1/statistics", tags=["statistics"])


@router.post("/query", name="query")
async def query(
    body: StatisticsQuery, caller: StatisticsReader, session: ReadSession, context: CurrentContext
) -> StatisticsAnswer:
    """Query the statistics of your units. The response contains the executed query."""
    asked = parse_query(
        metrics=body.metrics,
        dimensions=body.dimensions,
        date_range=DateRange(body.date_range.from_, body.date_range.to),
        timezone=body.timezone or context.settings.timezone,
        filters=[Filter(one.dimension, one.operator, tuple(one.values)) for one in body.filters],
        order_by=[Order(one.field, one.direction) for one in body.order_by],
        limit=body.limit,
    )
    return StatisticsAnswer.model_validate(await answer_query(session, caller, query=asked))
