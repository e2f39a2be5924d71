"""Edge cases of single rows: midnights, corrections, other units, empty days, time zones, order and limit."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.errors import Invalid
from campaigns.planning.types import StageKind
from campaigns.statistics.definitions.dimensions import DimensionName
from campaigns.statistics.definitions.metrics import MetricName
from campaigns.statistics.query.parse import parse_query
from campaigns.statistics.query.run import answer_query
from campaigns.statistics.types import DateRange, Direction, Order
from tests.database.statistics.field import Field, store
from tests.database.statistics.questions import ask, moment, only
from tests.factories.clicks import build_click, build_conversion, build_orphan_click

DAY, LINK, SOURCE, CAMPAIGN = (
    DimensionName.DAY,
    DimensionName.LINK,
    DimensionName.SOURCE,
    DimensionName.CAMPAIGN,
)
MICROSECOND = timedelta(microseconds=1)


class TestDays:
    @pytest.mark.parametrize(
        ("zone", "days"),
        [
            ("Asia/Jakarta", ["2026-10-31", "2026-11-01", "2026-11-01", "2026-11-01", "2026-11-01"]),
            ("UTC", ["2026-10-31", "2026-10-31", "2026-11-01", "2026-11-01", "2026-11-01"]),
            ("America/New_York", ["2026-10-31", "2026-10-31", "2026-10-31", "2026-10-31", "2026-11-01"]),
        ],
    )
    async def test_a_row_counts_on_its_day_in_the_zone(
        self, session: AsyncSession, field: Field, zone: str, days: list[str]
    ) -> None:
        moments = [
            "2026-10-31T23:59:59.999+07:00",
            "2026-11-01T00:00:00+07:00",
            "2026-11-01T00:00:00Z",
            "2026-10-31T23:59:59.999-04:00",
            "2026-11-01T00:00:00-04:00",
        ]
        link = field.links["story"]
        for text, day in zip(moments, days, strict=True):
            click = build_click(link=link, at=moment(text))
            await store(session, [click])
            only_day = DateRange(date.fromisoformat(day), date.fromisoformat(day))
            for asked in (DateRange(date(2026, 10, 30), date(2026, 11, 3)), only_day):
                answer = await ask(
                    session,
                    field.viewer(field.world.own),
                    metrics=[MetricName.CLICKS],
                    dimensions=[DAY],
                    timezone=zone,
                    date_range=asked,
                )
                assert [(row.dimensions, row.metrics) for row in answer.results] == [([day], [1])], (text, asked)
            await session.delete(click)
            await session.flush()

    @pytest.mark.parametrize(
        ("zone", "day", "hours", "first", "last"),
        [
            ("America/New_York", "2026-11-01", 25, "2026-11-01T04:00Z", "2026-11-02T04:59:59.999Z"),
            ("America/New_York", "2026-03-08", 23, "2026-03-08T05:00Z", "2026-03-09T03:59:59.999Z"),
            # There is no midnight on these days.
            ("Africa/Cairo", "2026-04-24", 23, "2026-04-23T22:00Z", "2026-04-24T20:59:59.999Z"),
            ("America/Santiago", "2026-09-06", 23, "2026-09-06T04:00Z", "2026-09-07T02:59:59.999Z"),
        ],
    )
    async def test_a_day_of_another_length_holds_all_its_hours(
        self, session: AsyncSession, field: Field, zone: str, day: str, hours: int, first: str, last: str
    ) -> None:
        link = field.links["story"]
        begin, end = moment(first).timestamp(), moment(last).timestamp()
        inside = [datetime.fromtimestamp(begin + 3600 * place, UTC) for place in range(hours)]
        assert inside[-1].timestamp() <= end < begin + 3600 * hours
        around = [datetime.fromtimestamp(begin - 0.001, UTC), datetime.fromtimestamp(end + 0.001, UTC)]
        times = [*inside, moment(last), *around]
        await store(session, [build_click(link=link, at=at) for at in times])
        the_day = date.fromisoformat(day)
        answer = await ask(
            session,
            field.viewer(field.world.own),
            metrics=[MetricName.CLICKS],
            dimensions=[DAY],
            timezone=zone,
            date_range=DateRange(the_day, the_day),
        )
        assert [(row.dimensions, row.metrics) for row in answer.results] == [([day], [hours + 1])]

    async def test_an_hour_repeated_across_midnight_stays_in_the_range(
        self, session: AsyncSession, field: Field
    ) -> None:
        # In St. John's clocks went from 00:01 back to 23:01 of the day before, until 2010.
        again = moment("2010-11-06T23:30:00-03:30")
        await store(session, [build_click(link=field.links["story"], at=again)])
        the_day = date(2010, 11, 7)
        answer = await ask(
            session,
            field.viewer(field.world.own),
            metrics=[MetricName.CLICKS],
            dimensions=[DAY],
            timezone="America/St_Johns",
            date_range=DateRange(the_day, the_day),
        )
        assert [row.dimensions for row in answer.results] == [["2010-11-07"]]

    async def test_labels_list_every_day_and_rows_only_those_with_something(
        self, session: AsyncSession, field: Field
    ) -> None:
        await store(session, [build_click(link=field.links["story"], at=moment("2026-10-31T12:00+07:00"))])
        days = DateRange(date(2026, 10, 30), date(2026, 11, 1))
        answer = await ask(session, field.viewer(field.world.own), dimensions=[DAY], date_range=days)
        assert answer.meta.time_labels == [date(2026, 10, 30), date(2026, 10, 31), date(2026, 11, 1)]
        assert [row.dimensions for row in answer.results] == [["2026-10-31"]]
        assert (await ask(session, field.viewer(field.world.own), dimensions=[LINK])).meta.time_labels is None


class TestVisitors:
    async def test_one_person_counts_once_a_day_and_in_each_row_of_a_breakdown(
        self, session: AsyncSession, field: Field
    ) -> None:
        story, reel = field.links["story"], field.links["reel"]
        taps = [
            (story, "2026-10-31T09:00+07:00", "ani"),
            (story, "2026-10-31T23:59:59+07:00", "ani"),
            (reel, "2026-10-31T10:00+07:00", "ani"),
            (story, "2026-11-01T00:00+07:00", "ani"),
            (story, "2026-10-31T09:00+07:00", "budi"),
        ]
        await store(session, [build_click(link=link, at=moment(at), person=person) for link, at, person in taps])
        viewer = field.viewer(field.world.own)
        (whole,) = (await ask(session, viewer, metrics=[MetricName.VISITORS])).results
        rows = (await ask(session, viewer, metrics=[MetricName.VISITORS], dimensions=[LINK])).results
        assert whole.metrics == [3]
        assert [(row.dimensions, row.metrics) for row in rows] == [(["story"], [3]), (["reel"], [1])]


class TestConversions:
    async def test_a_correction_subtracts_on_its_own_day(self, session: AsyncSession, field: Field) -> None:
        campaign, link = field.campaigns["bintara-jabar"], field.links["story"]
        entries = [("2026-10-30T12:00Z", 1), ("2026-10-30T13:00Z", 1), ("2026-11-02T12:00Z", -1)]
        await store(
            session,
            [
                build_conversion(campaign=campaign, link=link, at=moment(at), change=change, kind=StageKind.ACCEPTED)
                for at, change in entries
            ],
        )
        viewer = field.viewer(field.world.own)
        rows = (await ask(session, viewer, metrics=[MetricName.ACCEPTED], dimensions=[DAY])).results
        assert [(row.dimensions, row.metrics) for row in rows] == [(["2026-10-30"], [2]), (["2026-11-02"], [-1])]
        (whole,) = (await ask(session, viewer, metrics=[MetricName.ACCEPTED])).results
        assert whole.metrics == [1]

    async def test_a_rate_can_exceed_one_and_is_null_without_clicks(self, session: AsyncSession, field: Field) -> None:
        campaign, story, reel = field.campaigns["bintara-jabar"], field.links["story"], field.links["reel"]
        at = moment("2026-11-01T12:00Z")
        await store(
            session,
            [
                *(build_click(link=story, at=at) for _ in range(3)),
                *(build_conversion(campaign=campaign, link=story, at=at) for _ in range(4)),
                build_conversion(campaign=campaign, link=reel, at=at),
            ],
        )
        answer = await ask(
            session, field.viewer(field.world.own), metrics=[MetricName.CONVERSION_RATE], dimensions=[LINK]
        )
        assert [(row.dimensions, row.metrics) for row in answer.results] == [
            (["story"], [1.333333]),
            (["reel"], [None]),
        ]

    async def test_without_anything_there_is_one_row_of_zeros_and_no_share(
        self, session: AsyncSession, field: Field
    ) -> None:
        viewer = field.viewer(field.world.own)
        undivided = await ask(session, viewer)
        assert [row.metrics for row in undivided.results] == [[0, 0, 0, 0, None, 0, 0]]
        assert undivided.meta.total_rows == 1
        assert (undivided.meta.quality.unattributed_registrations, undivided.meta.quality.unattributed_share) == (
            0,
            None,
        )
        divided = await ask(session, viewer, dimensions=[LINK])
        assert (divided.results, divided.meta.total_rows) == ([], 0)


class TestUnits:
    async def test_a_unit_sees_its_own_tree_only(self, session: AsyncSession, field: Field) -> None:
        at = moment("2026-11-01T12:00Z")
        campaigns = {campaign.id: campaign for campaign in field.campaigns.values()}
        for link in field.links.values():
            await store(
                session,
                [
                    build_click(link=link, at=at),
                    build_conversion(campaign=campaigns[link.campaign_id], link=link, at=at),
                ],
            )
        seen = {}
        for code, unit in field.units().items():
            answer = await ask(
                session,
                field.viewer(unit),
                metrics=[MetricName.CLICKS, MetricName.REGISTRATIONS],
                dimensions=[CAMPAIGN],
            )
            seen[code] = {row.dimensions[0]: row.metrics for row in answer.results}
        assert seen["ID-JB-BDG"] == {"bandung": [1, 1]}
        assert seen["ID-JB"] == {"bandung": [1, 1], "bintara-jabar": [3, 3]}
        assert seen["ID-BA"] == {"bintara-bali": [2, 2]}
        assert seen["ID"] == {**seen["ID-JB"], **seen["ID-BA"], "all-indonesia": [1, 1]}

    async def test_a_registration_belongs_to_its_campaigns_unit_whoever_made_the_link(
        self, session: AsyncSession, field: Field
    ) -> None:
        at = moment("2026-11-01T12:00Z")
        own, theirs = field.campaigns["bintara-jabar"], field.links["bali-radio"]
        await store(session, [build_click(link=theirs, at=at), build_conversion(campaign=own, link=theirs, at=at)])
        asked = {"metrics": [MetricName.CLICKS, MetricName.REGISTRATIONS], "dimensions": [LINK, CAMPAIGN]}
        ours = await ask(session, field.viewer(field.world.own), **asked)
        bali = await ask(session, field.viewer(field.world.foreign), **asked)
        assert [(row.dimensions, row.metrics) for row in ours.results] == [(["bali-radio", "bintara-jabar"], [0, 1])]
        assert [(row.dimensions, row.metrics) for row in bali.results] == [(["bali-radio", "bintara-bali"], [1, 0])]
        # What stands in one's own figures can be filtered on, but nothing else of the other unit.
        for name, value in ((LINK, "bali-radio"), (SOURCE, "radio"), (DimensionName.MEDIUM, "audio")):
            answer = await ask(session, field.viewer(field.world.own), filters=[only(name, value)])
            assert answer.results[0].metrics[2] == 1
        with pytest.raises(Invalid):
            await ask(session, field.viewer(field.world.own), filters=[only(LINK, "bali-story")])

    async def test_orphan_clicks_are_the_deployments(self, session: AsyncSession, field: Field) -> None:
        asked = DateRange(date(2026, 11, 1), date(2026, 11, 2))
        first, behind = moment("2026-11-01T00:00+07:00"), moment("2026-11-03T00:00+07:00")
        moments = (first - MICROSECOND, first, behind - MICROSECOND, behind)
        await store(session, [build_orphan_click(at=at) for at in moments])
        for unit in field.units().values():
            answer = await ask(session, field.viewer(unit), date_range=asked)
            assert answer.meta.quality.orphan_taps == 2


class TestFilters:
    async def test_clicks_always_have_a_link(self, session: AsyncSession, field: Field) -> None:
        at = moment("2026-11-01T12:00Z")
        campaign = field.campaigns["bintara-jabar"]
        await store(
            session,
            [build_click(link=field.links["story"], at=at), build_conversion(campaign=campaign, at=at)],
        )
        answer = await ask(session, field.viewer(field.world.own), filters=[only(LINK, "(not set)")])
        assert answer.results[0].metrics == [0, 0, 1, 0, None, 0, 0]
        quality = answer.meta.quality
        assert (quality.unattributed_registrations, quality.unattributed_share) == (1, 1.0)

    async def test_points_at_each_value_that_does_not_exist(self, session: AsyncSession, field: Field) -> None:
        with pytest.raises(Invalid) as raised:
            await ask(
                session,
                field.viewer(field.world.own),
                filters=[
                    only(CAMPAIGN, "bintara-jabar", "(not set)", "bintara-bali"),
                    only(LINK, "story", "nation-tube", "bandung-video", "(not set)"),
                    only(SOURCE, "ig", "radio", "(not set)"),
                    only(DimensionName.MEDIUM, "audio", "social"),
                ],
            )
        assert [(one.path, one.code) for one in raised.value.fields] == [
            (("filters", 0, "values", 1), "unknown-value"),
            (("filters", 0, "values", 2), "unknown-value"),
            (("filters", 1, "values", 1), "unknown-value"),
            (("filters", 2, "values", 1), "unknown-value"),
            (("filters", 3, "values", 0), "unknown-value"),
        ]

    async def test_days_cannot_be_filtered_on(self, session: AsyncSession, field: Field) -> None:
        with pytest.raises(Invalid) as raised:
            await ask(session, field.viewer(field.world.own), filters=[only(DAY, "2026-11-01")])
        assert raised.value.fields[0].path == ("filters", 0, "dimension")


class TestOrder:
    @pytest.fixture
    async def tapped(self, session: AsyncSession, field: Field) -> Field:
        at = moment("2026-11-01T12:00Z")
        taps = {"story": 2, "reel": 2, "poster": 5}
        await store(
            session, [build_click(link=field.links[slug], at=at) for slug, count in taps.items() for _ in range(count)]
        )
        bandung = field.campaigns["bandung"]
        await store(session, [build_conversion(campaign=bandung, at=at)])
        return field

    @pytest.mark.parametrize(
        ("order_by", "expected"),
        [
            ([], ["poster", "reel", "story", "(not set)"]),
            ([Order("clicks", Direction.ASCENDING)], ["(not set)", "reel", "story", "poster"]),
            ([Order("link", Direction.DESCENDING)], ["story", "reel", "poster", "(not set)"]),
            # Rows without a value come last, whichever way.
            ([Order("conversion_rate", Direction.ASCENDING)], ["poster", "reel", "story", "(not set)"]),
            ([Order("conversion_rate", Direction.DESCENDING)], ["poster", "reel", "story", "(not set)"]),
            (
                [Order("clicks", Direction.DESCENDING), Order("link", Direction.DESCENDING)],
                ["poster", "story", "reel", "(not set)"],
            ),
        ],
    )
    async def test_sorts_and_breaks_ties_by_dimension(
        self, session: AsyncSession, tapped: Field, order_by: list[Order], expected: list[str]
    ) -> None:
        asked = {"metrics": [MetricName.CLICKS, MetricName.CONVERSION_RATE], "dimensions": [LINK]}
        for limit in range(1, 5):
            answer = await ask(session, tapped.viewer(tapped.world.own), order_by=order_by, limit=limit, **asked)
            assert [row.dimensions[0] for row in answer.results] == expected[:limit]
            assert answer.meta.total_rows == 4


async def test_a_zone_the_database_lacks_is_the_callers_fault(session: AsyncSession, field: Field) -> None:
    asked = parse_query(
        metrics=[MetricName.CLICKS],
        dimensions=[DAY],
        date_range=DateRange(date(2026, 11, 1), date(2026, 11, 1)),
        timezone="UTC",
        filters=[],
        order_by=[],
        limit=1,
    )
    await store(session, [build_click(link=field.links["story"], at=moment("2026-11-01T12:00Z"))])
    unknown = replace(asked, timezone="Mars/Olympus")
    with pytest.raises(Invalid) as raised:
        await answer_query(session, field.viewer(field.world.own), query=unknown)
    assert raised.value.fields[0].path == ("timezone",)
