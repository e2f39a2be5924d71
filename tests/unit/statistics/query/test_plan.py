"""The data tables of metrics and dimensions, and the plans made from them."""

from collections.abc import Sequence
from datetime import date

import pytest

from campaigns.kit.errors import Invalid
from campaigns.statistics.definitions.dimensions import DimensionName
from campaigns.statistics.definitions.metrics import MetricName
from campaigns.statistics.query.parse import parse_query
from campaigns.statistics.query.plan import Scan, plan_query
from campaigns.statistics.types import DateRange, FactName, Filter

OF_TAPS = [
    DimensionName.VIA,
    DimensionName.VARIANT,
    DimensionName.DEVICE,
    DimensionName.APP,
    DimensionName.COUNTRY,
    DimensionName.LANGUAGE,
    DimensionName.REFERRER,
    DimensionName.NETWORK,
    DimensionName.BOT_REASON,
]


def planned(
    *metrics: MetricName, dimensions: Sequence[DimensionName] = (), filters: Sequence[Filter] = ()
) -> tuple[Scan, ...]:
    query = parse_query(
        metrics=metrics,
        dimensions=dimensions,
        date_range=DateRange(date(2026, 11, 1), date(2026, 11, 1)),
        timezone="UTC",
        filters=filters,
        order_by=[],
        limit=1,
    )
    return plan_query(query).scans


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ([MetricName.VISITORS], (Scan(FactName.CLICKS, ("visitors",)),)),
        ([MetricName.ACCEPTED], (Scan(FactName.CONVERSIONS, ("accepted",)),)),
        (
            [MetricName.CONVERSION_RATE, MetricName.CLICKS],
            (Scan(FactName.CLICKS, ("clicks",)), Scan(FactName.CONVERSIONS, ("registrations",))),
        ),
        (
            list(MetricName),
            (
                Scan(FactName.CLICKS, ("clicks", "visitors", "previews", "filtered_taps")),
                Scan(FactName.CONVERSIONS, ("registrations", "accepted")),
            ),
        ),
    ],
)
def test_reads_each_table_once_and_only_if_needed(metrics: list[MetricName], expected: tuple[Scan, ...]) -> None:
    assert planned(*metrics) == expected


@pytest.mark.parametrize(
    "metric", [MetricName.CLICKS, MetricName.VISITORS, MetricName.PREVIEWS, MetricName.FILTERED_TAPS]
)
@pytest.mark.parametrize("dimension", OF_TAPS)
def test_taps_have_every_dimension(metric: MetricName, dimension: DimensionName) -> None:
    (read,) = planned(metric, dimensions=[dimension], filters=[Filter(dimension, "is", ("x",))])
    assert read.fact is FactName.CLICKS


@pytest.mark.parametrize("metric", [MetricName.REGISTRATIONS, MetricName.ACCEPTED, MetricName.CONVERSION_RATE])
@pytest.mark.parametrize("dimension", OF_TAPS)
def test_registrations_have_no_dimensions_of_taps(metric: MetricName, dimension: DimensionName) -> None:
    with pytest.raises(Invalid) as refused:
        planned(
            MetricName.CLICKS,
            metric,
            dimensions=[DimensionName.LINK, dimension],
            filters=[Filter(DimensionName.SOURCE, "is", ("x",)), Filter(dimension, "is", ("x",))],
        )
    assert [(one.path, one.code) for one in refused.value.fields] == [
        (("dimensions", 1), "not-for-this-metric"),
        (("filters", 1, "dimension"), "not-for-this-metric"),
    ]
    assert all(metric in one.detail and "clicks" not in one.detail for one in refused.value.fields)
