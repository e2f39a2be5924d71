"""Validation of a statistics request: time zones, defaults, errors."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kit.errors import FieldPath, Invalid
from campaigns.statistics.definitions.dimensions import DimensionName
from campaigns.statistics.definitions.metrics import MetricName
from campaigns.statistics.query.parse import MAX_DAYS, days_of, parse_query, utc_range
from campaigns.statistics.types import DateRange, Direction, Filter, Order, Query, TimeRange

CLICKS, REGISTRATIONS = MetricName.CLICKS, MetricName.REGISTRATIONS
CAMPAIGN, LINK, DAY = DimensionName.CAMPAIGN, DimensionName.LINK, DimensionName.DAY


def parsed(**changed: Any) -> Query:
    asked: dict[str, Any] = {
        "metrics": [CLICKS],
        "dimensions": [],
        "date_range": DateRange(date(2026, 11, 1), date(2026, 11, 30)),
        "timezone": "Asia/Jakarta",
        "filters": [],
        "order_by": [],
        "limit": 1000,
    }
    return parse_query(**{**asked, **changed})


def refused_paths(**changed: Any) -> list[tuple[FieldPath, str]]:
    with pytest.raises(Invalid) as raised:
        parsed(**changed)
    return [(one.path, one.code) for one in raised.value.fields]


class TestUtcRange:
    @pytest.mark.parametrize(
        ("zone", "first", "last", "start", "end"),
        [
            ("Asia/Jakarta", "2026-11-01", "2026-11-01", "2026-10-31T17:00", "2026-11-01T17:00"),
            ("UTC", "2026-11-01", "2026-11-30", "2026-11-01T00:00", "2026-12-01T00:00"),
            # Half and quarter hours.
            ("Asia/Kolkata", "2026-11-01", "2026-11-01", "2026-10-31T18:30", "2026-11-01T18:30"),
            ("Asia/Kathmandu", "2026-11-01", "2026-11-01", "2026-10-31T18:15", "2026-11-01T18:15"),
            ("Australia/Lord_Howe", "2026-10-04", "2026-10-04", "2026-10-03T13:30", "2026-10-04T13:00"),
            # Days of 23 and 25 hours.
            ("America/New_York", "2026-03-08", "2026-03-08", "2026-03-08T05:00", "2026-03-09T04:00"),
            ("America/New_York", "2026-11-01", "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00"),
            # Clocks go from 24:00 to 01:00, so the day begins at 01:00.
            ("America/Santiago", "2026-09-06", "2026-09-06", "2026-09-06T04:00", "2026-09-07T03:00"),
            ("Africa/Cairo", "2026-04-24", "2026-04-24", "2026-04-23T22:00", "2026-04-24T21:00"),
            # Clocks go from 24:00 back to 23:00: the last hour of the day before comes twice.
            ("America/Santiago", "2026-04-04", "2026-04-04", "2026-04-04T03:00", "2026-04-05T04:00"),
            # Midnight comes twice.
            ("America/Havana", "2026-11-01", "2026-11-01", "2026-11-01T04:00", "2026-11-02T05:00"),
            # A day that never was.
            ("Pacific/Apia", "2011-12-30", "2011-12-30", "2011-12-30T10:00", "2011-12-30T10:00"),
            # The ends of the years that are accepted.
            ("Pacific/Kiritimati", "2000-01-01", "2000-01-01", "1999-12-31T10:00", "2000-01-01T10:00"),
            ("Etc/GMT+12", "2100-12-31", "2100-12-31", "2100-12-31T12:00", "2101-01-01T12:00"),
        ],
    )
    def test_runs_from_the_first_moment_to_the_first_after(
        self, zone: str, first: str, last: str, start: str, end: str
    ) -> None:
        found = utc_range(DateRange(date.fromisoformat(first), date.fromisoformat(last)), zone)
        assert found == TimeRange(
            datetime.fromisoformat(start).replace(tzinfo=UTC), datetime.fromisoformat(end).replace(tzinfo=UTC)
        )

    @given(
        day=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
        zone=st.sampled_from(
            ["Asia/Jakarta", "America/Santiago", "Africa/Cairo", "America/Havana", "Asia/Beirut", "America/New_York"]
        ),
    )
    def test_the_first_moment_is_on_the_day_and_the_moment_before_is_not(self, day: date, zone: str) -> None:
        start = utc_range(DateRange(day, day), zone).start
        assert start.astimezone(ZoneInfo(zone)).date() == day
        assert (start - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == day - timedelta(days=1)

    @given(day=st.dates(date(2000, 1, 1), date(2100, 12, 30)), zone=st.sampled_from(["Africa/Cairo", "Asia/Jayapura"]))
    def test_days_follow_on_one_another(self, day: date, zone: str) -> None:
        following = day + timedelta(days=1)
        assert utc_range(DateRange(day, day), zone).end == utc_range(DateRange(following, following), zone).start


class TestDaysOf:
    def test_lists_every_day(self) -> None:
        assert days_of(DateRange(date(2028, 2, 28), date(2028, 3, 1))) == [
            date(2028, 2, 28),
            date(2028, 2, 29),
            date(2028, 3, 1),
        ]


class TestParseQuery:
    def test_sorts_by_the_first_metric_then_the_dimensions(self) -> None:
        query = parsed(metrics=[REGISTRATIONS, CLICKS], dimensions=[LINK, CAMPAIGN])
        assert query.order_by == (
            Order("registrations", Direction.DESCENDING),
            Order("link", Direction.ASCENDING),
            Order("campaign", Direction.ASCENDING),
        )

    def test_sorts_by_day_where_days_are_asked_for(self) -> None:
        query = parsed(dimensions=[LINK, DAY])
        assert query.order_by == (Order("time:day", Direction.ASCENDING), Order("link", Direction.ASCENDING))

    def test_keeps_the_order_asked_for_and_makes_it_total(self) -> None:
        query = parsed(dimensions=[LINK, CAMPAIGN], order_by=[Order("campaign", Direction.DESCENDING)])
        assert query.order_by == (Order("campaign", Direction.DESCENDING), Order("link", Direction.ASCENDING))

    def test_folds_filter_values(self) -> None:
        query = parsed(filters=[Filter(LINK, "is", (" Poster-1 ", "(Not Set)"))])
        assert query.filters == (Filter(LINK, "is", ("poster-1", "(not set)")),)

    def test_takes_the_longest_range(self) -> None:
        first = date(2026, 1, 1)
        longest = DateRange(first, first + timedelta(days=MAX_DAYS - 1))
        assert len(days_of(parsed(date_range=longest).date_range)) == MAX_DAYS
        too_long = DateRange(first, first + timedelta(days=MAX_DAYS))
        assert refused_paths(date_range=too_long) == [(("date_range", "to"), "range-too-long")]

    @pytest.mark.parametrize(
        "zone",
        ["", "Mars/Olympus", "asia/jakarta", "localtime", "Factory", "../../etc/passwd", "Asia", "A\0B", "\ud800"],
    )
    def test_refuses_what_is_no_zone(self, zone: str) -> None:
        assert refused_paths(timezone=zone) == [(("timezone",), "unknown-zone")]

    def test_points_at_every_fault(self) -> None:
        assert refused_paths(
            metrics=[CLICKS, CLICKS],
            dimensions=[LINK, CAMPAIGN, LINK],
            date_range=DateRange(date(2026, 11, 2), date(2026, 11, 1)),
            timezone="Nowhere",
            order_by=[
                Order("link", Direction.ASCENDING),
                Order("visitors", Direction.ASCENDING),
                Order("link", Direction.DESCENDING),
            ],
        ) == [
            (("metrics", 1), "repeated"),
            (("dimensions", 2), "repeated"),
            (("date_range", "to"), "wrong-order"),
            (("timezone",), "unknown-zone"),
            (("order_by", 1, "field"), "not-asked"),
            (("order_by", 2, "field"), "repeated"),
        ]
