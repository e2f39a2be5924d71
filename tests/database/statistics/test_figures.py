"""Figures against plain arithmetic over the same rows, for all dimensions and every level of the force."""

from itertools import combinations, pairwise

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.statistics.definitions.dimensions import DIMENSIONS, DimensionName
from campaigns.statistics.definitions.metrics import MetricName
from campaigns.statistics.types import Answer, FactName
from tests.database.statistics.arithmetic import breakdown, counted, counted_as, in_range, value_of
from tests.database.statistics.field import Field, store
from tests.database.statistics.histories import as_rows, random_history
from tests.database.statistics.questions import ask, only

OF_ALL = [one for one in DimensionName if len(DIMENSIONS[one].columns) == len(FactName)]
OF_TAPS = [one for one in DimensionName if one not in OF_ALL]
TAPPED = [MetricName.CLICKS, MetricName.VISITORS, MetricName.PREVIEWS, MetricName.FILTERED_TAPS]
DIVISIONS = [division for size in range(4) for division in combinations(OF_ALL, size)]
# Each with the next, across a dimension that all have.
DIVISIONS_OF_TAPS = [(one,) for one in OF_TAPS] + [(one, DimensionName.LINK, other) for one, other in pairwise(OF_TAPS)]
ADDITIVE = [one for one in MetricName if one not in (MetricName.VISITORS, MetricName.CONVERSION_RATE)]
PLACES = {one: place for place, one in enumerate(MetricName)}


def found(answer: Answer) -> dict[tuple[str, ...], list[float | None]]:
    rows = {tuple(row.dimensions): list(row.metrics) for row in answer.results}
    assert len(rows) == len(answer.results) == answer.meta.total_rows
    return rows


@pytest.mark.parametrize(
    ("code", "zone"),
    [
        ("ID", "Asia/Jakarta"),
        ("ID", "America/New_York"),
        ("ID-JB", "UTC"),
        ("ID-BA", "Asia/Kathmandu"),
        ("ID-JB-BDG", "Asia/Jakarta"),
    ],
)
async def test_every_division_equals_the_arithmetic(session: AsyncSession, field: Field, code: str, zone: str) -> None:
    history = random_history(field, seed=11)
    await store(session, as_rows(history))
    units = field.units()
    rows = counted(history, viewer=units[code], units=list(units.values()), zone=zone)
    assert rows
    for division in DIVISIONS:
        answer = await ask(session, field.viewer(units[code]), dimensions=division, timezone=zone)
        assert found(answer) == breakdown(rows, division, zone), division


@pytest.mark.parametrize("code", ["ID", "ID-JB"])
async def test_every_division_of_taps_equals_the_arithmetic(session: AsyncSession, field: Field, code: str) -> None:
    history = random_history(field, seed=12)
    await store(session, as_rows(history))
    units = field.units()
    seen = counted(history, viewer=units[code], units=list(units.values()), zone="UTC")
    taps = [one for one in seen if one.kind == "tap"]
    assert {counted_as(one) for one in taps} == {"click", "preview", "filtered"}
    places = [PLACES[metric] for metric in TAPPED]
    for division in DIVISIONS_OF_TAPS:
        answer = await ask(session, field.viewer(units[code]), metrics=TAPPED, dimensions=division, timezone="UTC")
        expected = breakdown(taps, division, "UTC")
        assert found(answer) == {key: [figures[place] for place in places] for key, figures in expected.items()}, (
            division
        )


@pytest.mark.parametrize("seed", range(2))
async def test_breakdowns_add_up_to_the_undivided_figure(session: AsyncSession, field: Field, seed: int) -> None:
    await store(session, as_rows(random_history(field, seed=seed, rows=200)))
    viewer = field.viewer(field.world.national)
    (undivided,) = (await ask(session, viewer)).results
    for division in DIVISIONS[1:]:
        results = (await ask(session, viewer, dimensions=division)).results
        for metric in ADDITIVE:
            place = PLACES[metric]
            added = sum(row.metrics[place] or 0 for row in results)
            assert added == undivided.metrics[place], (division, metric)


@pytest.mark.parametrize("name", [one for one in DimensionName if one is not DimensionName.DAY])
async def test_filters_of_all_values_add_up_to_the_total(
    session: AsyncSession, field: Field, name: DimensionName
) -> None:
    """Every value in a result can be filtered on, and gives the figures of its row."""
    await store(session, as_rows(random_history(field, seed=5)))
    viewer = field.viewer(field.world.own)
    metrics = list(MetricName) if name in OF_ALL else TAPPED
    rows = found(await ask(session, viewer, metrics=metrics, dimensions=[name]))
    assert len(rows) > 1
    for value, figures in rows.items():
        filtered = await ask(session, viewer, metrics=metrics, filters=[only(name, *value)])
        assert found(filtered) == {(): figures}, value
        assert filtered.query.filters[0].values == value


async def test_filters_of_two_dimensions_both_hold(session: AsyncSession, field: Field) -> None:
    history = random_history(field, seed=6)
    await store(session, as_rows(history))
    units = field.units()
    rows = [
        one
        for one in counted(history, viewer=units["ID-JB"], units=list(units.values()), zone="UTC")
        if value_of(one, "source", "UTC") in ("instagram", "(not set)")
        and value_of(one, "medium", "UTC") in ("social", "(not set)")
    ]
    answer = await ask(
        session,
        field.viewer(units["ID-JB"]),
        timezone="UTC",
        dimensions=[DimensionName.LINK],
        filters=[
            only(DimensionName.SOURCE, "ig", "insta", "(not set)"),
            only(DimensionName.MEDIUM, "social", "(not set)"),
        ],
    )
    assert found(answer) == breakdown(rows, ["link"], "UTC")
    assert answer.query.filters[0].values == ("instagram", "(not set)")


@pytest.mark.parametrize("metric", list(MetricName))
async def test_a_metric_queried_alone_is_the_same(session: AsyncSession, field: Field, metric: MetricName) -> None:
    """The result has only groups with a count for that metric."""
    history = random_history(field, seed=7, rows=60)
    await store(session, as_rows(history))
    units = field.units()
    kinds = {
        MetricName.CLICKS: {"click"},
        MetricName.VISITORS: {"click"},
        MetricName.PREVIEWS: {"preview"},
        MetricName.FILTERED_TAPS: {"filtered"},
        MetricName.REGISTRATIONS: {"registered"},
        MetricName.ACCEPTED: {"accepted"},
        MetricName.CONVERSION_RATE: {"click", "registered"},
    }[metric]
    rows = counted(history, viewer=units["ID"], units=list(units.values()), zone="UTC")
    place = list(MetricName).index(metric)
    expected = breakdown([one for one in rows if counted_as(one) in kinds], ["link", "time:day"], "UTC")
    answer = await ask(
        session,
        field.viewer(units["ID"]),
        metrics=[metric],
        dimensions=[DimensionName.LINK, DimensionName.DAY],
        timezone="UTC",
    )
    assert found(answer) == {key: [values[place]] for key, values in expected.items()}


async def test_quality_is_of_the_figures_of_the_same_answer(session: AsyncSession, field: Field) -> None:
    history = random_history(field, seed=8)
    await store(session, as_rows(history))
    viewer_unit = field.world.own
    viewer = field.viewer(viewer_unit)
    answer = await ask(session, viewer, dimensions=[DimensionName.LINK], metrics=[MetricName.REGISTRATIONS])
    by_link = {row.dimensions[0]: row.metrics[0] for row in answer.results}
    quality = answer.meta.quality
    assert quality.unattributed_registrations == by_link["(not set)"]
    total = sum(figure or 0 for figure in by_link.values())
    assert quality.unattributed_share == round(quality.unattributed_registrations / total, 6)
    orphans = [one for one in history if one.kind == "orphan" and in_range(one, "Asia/Jakarta")]
    assert quality.orphan_taps == len([one for one in orphans if not one.reasons]) < len(orphans)
    (whole,) = (await ask(session, viewer)).results
    clicks, filtered, previews = (
        whole.metrics[PLACES[metric]] for metric in (MetricName.CLICKS, MetricName.FILTERED_TAPS, MetricName.PREVIEWS)
    )
    assert clicks is not None
    assert filtered is not None
    assert (quality.filtered_taps, quality.previews) == (filtered, previews)
    seen = counted(history, viewer=viewer_unit, units=list(field.units().values()), zone="Asia/Jakarta")
    assert quality.restored_taps == sum(one.restored for one in seen if one.kind == "tap") > 0
    assert quality.filtered_share == round(filtered / (filtered + clicks), 6)


async def test_one_statement_gives_figures_and_quality(
    session: AsyncSession, connection: AsyncConnection, field: Field
) -> None:
    viewer = field.viewer(field.world.own)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    event.listen(connection.sync_connection, "before_cursor_execute", note)
    try:
        await ask(session, viewer, dimensions=OF_ALL[-3:])
    finally:
        event.remove(connection.sync_connection, "before_cursor_execute", note)
    assert len(statements) == 1
    assert "orphan_taps" in statements[0]
