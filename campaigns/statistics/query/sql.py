"""Write a plan as SQL: one statement, so that figures and quality block come from the same snapshot.

Its common table expressions:
counted_<fact>   the measures of each group, one expression for each scan
merged           the sums of these by group
ranked           the metrics of each group, sorted, numbered and limited
quality          one row about the range, outer-joined to the groups, so that it is returned without any group too
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    ScalarSelect,
    Select,
    String,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import BigInteger
from sqlmodel import col

from campaigns.attribution.models import Conversion, Touch
from campaigns.attribution.types import TouchVerdict
from campaigns.clicks.bots.reasons import IS_RESTORED, REASONS, is_filtered, is_person, is_preview, reasons_of
from campaigns.clicks.models import Agent, OrphanTap, TapLoss
from campaigns.kit.ids import least_id_at
from campaigns.statistics.definitions.dimensions import DIMENSIONS, display_value, matches
from campaigns.statistics.definitions.facts import FACTS
from campaigns.statistics.definitions.metrics import MEASURES, METRICS, REGISTRATION_COUNT, as_bigint, rate
from campaigns.statistics.query.plan import Plan, Scan
from campaigns.statistics.types import Direction, FactName, Query


def write_statement(plan: Plan, *, units: Select[Any]) -> Select[Any]:
    """The statement of a plan over the rows of `units`, a subquery of unit ids.

    Columns: `dimension_<place>`, `metric_<place>` and `total_rows` (groups before the limit), all null if there is no
    group; and `unattributed`, `unattributed_share`, `<verdict>_touches`, `filtered`, `filtered_share`, `previews`,
    `restored_taps`, `orphan_taps`, `lost_taps`, `watermark`.
    """
    ranked = _ranked(plan.query, _merged(plan, units))
    quality = _quality(plan.query, units)
    return select(quality, ranked).select_from(quality.outerjoin(ranked, true())).order_by(ranked.c.position)


def dimension_label(place: int) -> str:
    """The label of a dimension's column. It differs from all table columns, since GROUP BY prefers those to labels."""
    return f"dimension_{place}"


def metric_label(place: int) -> str:
    return f"metric_{place}"


def _labels(query: Query) -> list[str]:
    return [dimension_label(place) for place in range(len(query.dimensions))]


def _merged(plan: Plan, units: Select[Any]) -> CTE:
    counted = [(scan, _counted(plan.query, scan, units)) for scan in plan.scans]
    names = [name for scan in plan.scans for name in scan.measures]
    labels = _labels(plan.query)
    zero = sql_cast(literal(0), BigInteger)
    stacked = union_all(
        *(
            select(
                *(table.c[label] for label in labels),
                # Each measure is counted in one scan only, so the sums are right, even for distinct visitors.
                *((table.c[name] if name in scan.measures else zero).label(name) for name in names),
            )
            for scan, table in counted
        )
    ).subquery("stacked")
    groups = [stacked.c[label] for label in labels]
    sums = [as_bigint(func.sum(stacked.c[name])).label(name) for name in names]
    return select(*groups, *sums).group_by(*groups).cte("merged")


def _counted(query: Query, scan: Scan, units: Select[Any]) -> CTE:
    """One scan: its measures for each group. Without dimensions it returns one row even for an empty table."""
    measures = {name: MEASURES[name] for name in scan.measures}
    groups: list[Any] = [
        display_value(name, scan.fact, query).label(label)
        for name, label in zip(query.dimensions, _labels(query), strict=True)
    ]
    # Classifying a row costs as much as reading it, so if all measures count the same rows, only WHERE classifies.
    kinds = list({id(one.of): one.of for one in measures.values()}.values())
    counts = [
        as_bigint(one.count if len(kinds) == 1 else one.count.filter(one.of)).label(name)
        for name, one in measures.items()
    ]
    return (
        select(*groups, *counts)
        .select_from(FACTS[scan.fact].origin)
        .where(_matches_query(query, scan.fact, units), or_(*kinds))
        # By label: PostgreSQL could not tell that an expression written twice, with parameters, is the same.
        .group_by(*_labels(query))
        .cte(f"counted_{scan.fact}")
    )


def _matches_query(query: Query, fact: FactName, units: Select[Any]) -> ColumnElement[bool]:
    """Whether a row is in the range, in the units, and matches every filter.

    Filters on dimensions that the table does not have are skipped. `plan` rejects those for the tables it reads, but
    the quality block always reads registrations.
    """
    table = FACTS[fact]
    return and_(
        table.at >= query.utc_range.start,
        table.at < query.utc_range.end,
        table.unit_id.in_(units),
        *(
            matches(one.dimension, one.values, fact, query)
            for one in query.filters
            if fact in DIMENSIONS[one.dimension].columns
        ),
    )


def _ranked(query: Query, merged: CTE) -> CTE:
    columns: dict[str, ColumnElement[Any]] = {
        **{name: merged.c[label] for name, label in zip(query.dimensions, _labels(query), strict=True)},
        **{name: _figure(name, merged) for name in query.metrics},
    }
    position = func.row_number().over(order_by=_order(query, columns)).label("position")
    dimensions = [columns[name].label(dimension_label(place)) for place, name in enumerate(query.dimensions)]
    metrics = [columns[name].label(metric_label(place)) for place, name in enumerate(query.metrics)]
    return (
        select(*dimensions, *metrics, func.count().over().label("total_rows"), position)
        .order_by(position)
        .limit(query.limit)
        .cte("ranked")
    )


def _figure(name: str, merged: CTE) -> ColumnElement[Any]:
    metric = METRICS[name]
    return metric.value({measure.name: merged.c[measure.name] for measure in metric.needs})


def _order(query: Query, columns: dict[str, ColumnElement[Any]]) -> Sequence[ColumnElement[Any]]:
    keys = []
    for one in query.order_by:
        column = columns[one.field]
        # By code point, so that the order does not depend on the collation of the database.
        key = column.collate("C") if isinstance(column.type, String) else column
        keys.append((key.desc() if one.direction is Direction.DESCENDING else key.asc()).nulls_last())
    return keys


def _quality(query: Query, units: Select[Any]) -> CTE:
    registered, brought, tapped = _registered(query, units), _brought(query, units), _tapped(query, units)
    return (
        select(
            registered.c.unattributed,
            rate(registered.c.unattributed, registered.c["all"]).label("unattributed_share"),
            *brought.c,
            tapped.c.filtered,
            rate(tapped.c.filtered, tapped.c.filtered + tapped.c.clicks).label("filtered_share"),
            tapped.c.previews,
            tapped.c.restored_taps,
            _orphans(query).label("orphan_taps"),
            _lost(query).label("lost_taps"),
            func.statement_timestamp().label("watermark"),
        )
        .select_from(registered.join(brought, true()).join(tapped, true()))
        .cte("quality")
    )


def _registered(query: Query, units: Select[Any]) -> CTE:
    return (
        select(
            as_bigint(REGISTRATION_COUNT.count).label("all"),
            as_bigint(REGISTRATION_COUNT.count.filter(col(Conversion.link_id).is_(None))).label("unattributed"),
        )
        .select_from(FACTS[FactName.CONVERSIONS].origin)
        .where(_matches_query(query, FactName.CONVERSIONS, units), REGISTRATION_COUNT.of)
        .cte("registered")
    )


def _brought(query: Query, units: Select[Any]) -> CTE:
    """The touches that prove no visit, by verdict."""
    verdict = col(Touch.verdict)
    # For the index of these touches: an application's id begins with the time of its registration, rounded.
    first, end = least_id_at(query.utc_range.start), least_id_at(query.utc_range.end + timedelta(milliseconds=1))
    return (
        select(
            *(
                func.count().filter(verdict == one.value).label(f"{one}_touches")
                for one in TouchVerdict
                if one is not TouchVerdict.VISIT
            )
        )
        .select_from(FACTS[FactName.TOUCHES].origin)
        .where(
            verdict != literal_column(f"'{TouchVerdict.VISIT}'"),
            col(Touch.application_id) >= first,
            col(Touch.application_id) < end,
            _matches_query(query, FactName.TOUCHES, units),
        )
        .cte("brought")
    )


def _tapped(query: Query, units: Select[Any]) -> CTE:
    # Grouped by reasons first: there are few different ones, and each row is classified once. The label must not be the
    # name of a column, such as `reasons` of agents: in GROUP BY a column takes precedence over a label.
    grouped = (
        select(REASONS.label("verdict"), func.count().label("taps"), func.count().filter(IS_RESTORED).label("restored"))
        .select_from(FACTS[FactName.CLICKS].origin)
        .where(_matches_query(query, FactName.CLICKS, units))
        .group_by("verdict")
        .subquery("grouped")
    )
    reasons, taps = grouped.c.verdict, func.sum(grouped.c.taps)
    return select(
        as_bigint(taps.filter(is_person(reasons))).label("clicks"),
        as_bigint(taps.filter(is_filtered(reasons))).label("filtered"),
        as_bigint(taps.filter(is_preview(reasons))).label("previews"),
        as_bigint(func.sum(grouped.c.restored).filter(is_person(reasons))).label("restored_taps"),
    ).cte("tapped")


def _orphans(query: Query) -> ScalarSelect[int]:
    at = col(OrphanTap.clicked_at)
    return (
        select(func.count())
        .select_from(OrphanTap)
        .outerjoin(Agent, col(Agent.id) == col(OrphanTap.agent_id))
        .where(at >= query.utc_range.start, at < query.utc_range.end, is_person(reasons_of("orphan_taps")))
        .scalar_subquery()
    )


def _lost(query: Query) -> ScalarSelect[int]:
    """Taps in losses that overlap the range; the time of each single tap is not known."""
    return (
        select(as_bigint(func.sum(col(TapLoss.taps))))
        .where(col(TapLoss.first_at) < query.utc_range.end, col(TapLoss.last_at) >= query.utc_range.start)
        .scalar_subquery()
    )
