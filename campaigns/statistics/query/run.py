"""Answer a parsed query: resolve its filters, plan it, run one SQL statement, and convert the rows."""

from dataclasses import replace
from decimal import Decimal

from sqlalchemy.engine import RowMapping
from sqlalchemy.exc import DBAPIError
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.attribution.types import NOT_SET
from campaigns.clicks.bots.classifier import RULES_VERSION
from campaigns.kit.database.rows import fetch_rows
from campaigns.kit.errors import FieldError, invalid_field, raise_if_any
from campaigns.planning.queries import subtree
from campaigns.statistics.definitions.dimensions import DIMENSIONS
from campaigns.statistics.definitions.metrics import DEFINITIONS
from campaigns.statistics.query.parse import days_of
from campaigns.statistics.query.plan import plan_query
from campaigns.statistics.query.sql import dimension_label, metric_label, write_statement
from campaigns.statistics.types import DAY, Answer, Filter, Meta, Quality, Query, Row

INVALID_PARAMETER_VALUE = "22023"


async def answer_query(session: AsyncSession, principal: Principal, *, query: Query) -> Answer:
    """Answer the query over the caller's subtree; the answer's `query` has the filter values as they are stored.

    Raises Invalid for unknown filter values, for dimensions that do not apply to a metric, and for a time zone that
    PostgreSQL does not know.
    """
    query = replace(query, filters=await _resolved(session, principal, query.filters))
    statement = write_statement(plan_query(query), units=subtree(principal))
    try:
        found = [row._mapping for row in await fetch_rows(session, statement)]
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == INVALID_PARAMETER_VALUE:
            raise invalid_field(("timezone",), "The database does not know this time zone.", "unknown-zone") from None
        raise
    # Without any group there is still one row: it has the quality block, and null in all other columns.
    rows = [one for one in found if one["total_rows"] is not None]
    return Answer(
        results=[_row(query, one) for one in rows],
        query=query,
        meta=Meta(
            quality=_quality(found[0]),
            time_labels=days_of(query.date_range) if DAY in query.dimensions else None,
            total_rows=rows[0]["total_rows"] if rows else 0,
            definitions=DEFINITIONS,
        ),
    )


async def _resolved(session: AsyncSession, principal: Principal, filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """The filters with distinct values as they are stored; raises Invalid with the path of every unknown value."""
    resolved, errors = [], []
    for place, one in enumerate(filters):
        dimension = DIMENSIONS[one.dimension]
        if dimension.known is None:
            raise invalid_field(
                ("filters", place, "dimension"), "This dimension cannot be used in a filter.", "not-filterable"
            )
        spellings = dict.fromkeys(one.values)
        always = {NOT_SET: NOT_SET} if dimension.may_be_unset and NOT_SET in spellings else {}
        known = always | await dimension.known(
            session, principal, [value for value in spellings if value not in always]
        )
        errors += [
            FieldError(
                ("filters", place, "values", position),
                f"Your units have no {one.dimension} with this value.",
                "unknown-value",
            )
            for position, value in enumerate(one.values)
            if value not in known
        ]
        stored = dict.fromkeys(known[value] for value in spellings if value in known)
        resolved.append(replace(one, values=tuple(stored)))
    raise_if_any(errors)
    return tuple(resolved)


def _row(query: Query, found: RowMapping) -> Row:
    return Row(
        dimensions=[str(found[dimension_label(place)]) for place in range(len(query.dimensions))],
        metrics=[_number(found[metric_label(place)]) for place in range(len(query.metrics))],
    )


def _quality(found: RowMapping) -> Quality:
    return Quality(
        unattributed_registrations=found["unattributed"],
        unattributed_share=_number(found["unattributed_share"]),
        shared_touches=found["shared_touches"],
        expired_touches=found["expired_touches"],
        robot_touches=found["robot_touches"],
        orphan_taps=found["orphan_taps"],
        filtered_taps=found["filtered"],
        filtered_share=_number(found["filtered_share"]),
        previews=found["previews"],
        restored_taps=found["restored_taps"],
        lost_taps=found["lost_taps"],
        bot_rules=RULES_VERSION,
        watermark=found["watermark"],
        # Figures are counted from the tables without sampling, so only taps that could not be stored are missing.
        complete=found["lost_taps"] == 0,
    )


def _number(value: int | Decimal | None) -> int | float | None:
    return float(value) if isinstance(value, Decimal) else value
