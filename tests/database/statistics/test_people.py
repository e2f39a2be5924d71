"""Edge cases of taps: robots, dimensions of taps only, and lost taps."""

from typing import Any

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.clicks.types import BotReason
from campaigns.kit.errors import Invalid
from campaigns.statistics.definitions.dimensions import DimensionName
from campaigns.statistics.definitions.metrics import MetricName
from campaigns.statistics.query.parse import fold
from tests.database.statistics.field import Field, store
from tests.database.statistics.questions import ask, moment, only
from tests.factories.clicks import build_agent, build_click, build_conversion, build_loss

LINK, DEVICE = DimensionName.LINK, DimensionName.DEVICE
CLICKS = [MetricName.CLICKS]
AT = moment("2026-11-01T12:00Z")


class TestLosses:
    @pytest.mark.parametrize(
        ("first", "last", "touches"),
        [
            ("2026-11-01T12:00Z", "2026-11-01T12:05Z", True),
            ("2026-10-01T12:00Z", "2026-12-01T12:00Z", True),
            ("2026-10-29T16:00Z", "2026-10-29T17:00Z", True),
            ("2026-11-03T16:59:59.999Z", "2026-11-03T18:00Z", True),
            ("2026-10-29T16:00Z", "2026-10-29T16:59:59.999Z", False),
            ("2026-11-03T17:00Z", "2026-11-03T18:00Z", False),
        ],
    )
    async def test_a_loss_that_touches_the_days_makes_every_answer_incomplete(
        self, session: AsyncSession, field: Field, first: str, last: str, touches: bool
    ) -> None:
        await store(session, [build_loss(first=moment(first), last=moment(last), taps=taps) for taps in (5, 7)])
        for unit in field.units().values():
            quality = (await ask(session, field.viewer(unit))).meta.quality
            assert (quality.lost_taps, quality.complete) == ((12, False) if touches else (0, True))


class TestPeople:
    async def test_a_link_with_nothing_but_a_preview_has_no_clicks(self, session: AsyncSession, field: Field) -> None:
        preview = build_agent("WhatsApp/2", at=field.now, reasons=BotReason.PREVIEW)
        await store(session, [preview, build_click(link=field.links["story"], at=AT, agent=preview, via="qr")])
        viewer = field.viewer(field.world.own)
        answer = await ask(session, viewer, dimensions=[LINK])
        assert [(row.dimensions, row.metrics) for row in answer.results] == [(["story"], [0, 0, 0, 0, None, 1, 0])]
        quality = answer.meta.quality
        assert (quality.filtered_taps, quality.filtered_share, quality.previews) == (0, None, 1)
        assert (await ask(session, viewer, dimensions=[LINK], metrics=CLICKS)).results == []

    async def test_a_tap_whose_agent_is_not_stored_is_a_persons(self, session: AsyncSession, field: Field) -> None:
        unknown = build_agent("nobody stored me", at=field.now, reasons=BotReason.CRAWLER)
        await store(session, [build_click(link=field.links["story"], at=AT, agent=unknown)])
        answer = await ask(
            session,
            field.viewer(field.world.own),
            metrics=[MetricName.CLICKS, MetricName.FILTERED_TAPS],
            dimensions=[DEVICE, DimensionName.BOT_REASON],
        )
        assert [(row.dimensions, row.metrics) for row in answer.results] == [(["(not set)", "(not set)"], [1, 0])]

    async def test_taps_stored_before_user_agents_have_no_device(self, session: AsyncSession, field: Field) -> None:
        """The row of agent 0 has the device `other`, which must not be shown for them."""
        await store(session, [build_click(link=field.links["story"], at=AT)])
        answer = await ask(session, field.viewer(field.world.own), metrics=CLICKS, dimensions=[DEVICE])
        assert [row.dimensions for row in answer.results] == [["(not set)"]]

    async def test_registrations_in_the_quality_block_ignore_filters_on_taps(
        self, session: AsyncSession, field: Field
    ) -> None:
        campaign, story = field.campaigns["bintara-jabar"], field.links["story"]
        rows = [
            build_click(link=story, at=AT, via="qr"),
            build_click(link=story, at=AT),
            build_conversion(campaign=campaign, at=AT),
            build_conversion(campaign=campaign, link=story, at=AT),
        ]
        await store(session, rows)
        answer = await ask(
            session,
            field.viewer(field.world.own),
            metrics=CLICKS,
            filters=[only(DimensionName.VIA, "qr"), only(LINK, "story")],
        )
        assert answer.results[0].metrics == [1]
        quality = answer.meta.quality
        assert (quality.unattributed_registrations, quality.unattributed_share) == (0, 0.0)
        everywhere = await ask(
            session, field.viewer(field.world.own), metrics=CLICKS, filters=[only(DimensionName.VIA, "qr")]
        )
        assert everywhere.meta.quality.unattributed_share == 0.5


class TestFilters:
    @pytest.mark.parametrize(
        ("name", "stored", "asked"),
        [
            (DimensionName.COUNTRY, {"country": "ID"}, "id"),
            (DimensionName.LANGUAGE, {"language": "id"}, "ID"),
            (DimensionName.LANGUAGE, {"language": "id"}, "in"),
            (DimensionName.REFERRER, {"referrer_host": "l.instagram.com"}, "L.Instagram.com"),
            (DimensionName.VARIANT, {"variant": "a"}, "A "),
        ],
    )
    async def test_values_of_taps_are_known_to_the_campaigns_units_only(
        self, session: AsyncSession, field: Field, name: DimensionName, stored: dict[str, Any], asked: str
    ) -> None:
        """Filter values of taps exist for any day, and in the caller's own campaigns only."""
        long_ago = moment("2026-01-01T12:00Z")
        await store(session, [build_click(link=field.links["story"], at=long_ago, **stored)])
        query: dict[str, Any] = {"metrics": CLICKS, "filters": [only(name, fold(asked), "(not set)")]}
        answer = await ask(session, field.viewer(field.world.own), **query)
        assert answer.query.filters[0].values == (*stored.values(), "(not set)")
        with pytest.raises(Invalid) as refused:
            await ask(session, field.viewer(field.world.foreign), **query)
        assert [one.path for one in refused.value.fields] == [("filters", 0, "values", 0)]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            (DimensionName.CHANNEL_GROUP, "paid_search"),
            (DimensionName.VIA, "qr"),
            (DimensionName.DEVICE, "ios"),
            (DimensionName.NETWORK, "tiktok"),
            (DimensionName.BOT_REASON, "empty_agent"),
        ],
    )
    async def test_fixed_filter_values_are_known_before_any_tap(
        self, session: AsyncSession, field: Field, name: DimensionName, value: str
    ) -> None:
        viewer = field.viewer(field.world.own)
        known = await ask(session, viewer, metrics=CLICKS, filters=[only(name, value)])
        assert known.results[0].metrics == [0]
        with pytest.raises(Invalid) as refused:
            await ask(session, viewer, metrics=CLICKS, filters=[only(name, value, value + "x")])
        assert [one.path for one in refused.value.fields] == [("filters", 0, "values", 1)]
