"""The data tables of metrics and dimensions, and the plans made from them."""

from datetime import date

import pytest

from campaigns.statistics.dimensions import DIMENSIONS
from campaigns.statistics.metrics import MEASURES, METRICS
from campaigns.statistics.plan import Read, plan_query
from campaigns.statistics.rules import parse_query
from campaigns.statistics.types import DateRange, DimensionName, FactName, MetricName


def reads(*metrics: MetricName) -> tuple[Read, ...]:
    query = parse_query(
        metrics=metrics,
        dimensions=[],
        date_range=DateRange(date(2026, 11, 1), date(2026, 11, 1)),
        timezone="UTC",
        filters=[],
        order_by=[],
        limit=1,
    )
    return plan_query(query).reads


def test_every_word_has_an_entry() -> None:
    assert set(METRICS) == set(MetricName)
    assert set(DIMENSIONS) == set(DimensionName)


def test_metrics_need_measures_that_exist() -> None:
    assert {measure for metric in METRICS.values() for measure in metric.needs} == set(MEASURES)


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ([MetricName.VISITORS], (Read(FactName.CLICKS, ("visitors",)),)),
        ([MetricName.ACCEPTED], (Read(FactName.CONVERSIONS, ("accepted",)),)),
        (
            [MetricName.CONVERSION_RATE, MetricName.CLICKS],
            (Read(FactName.CLICKS, ("clicks",)), Read(FactName.CONVERSIONS, ("registrations",))),
        ),
        (
            list(MetricName),
            (
                Read(FactName.CLICKS, ("clicks", "visitors")),
                Read(FactName.CONVERSIONS, ("registrations", "accepted")),
            ),
        ),
    ],
)
def test_reads_each_table_once_and_only_if_needed(metrics: list[MetricName], expected: tuple[Read, ...]) -> None:
    assert reads(*metrics) == expected
