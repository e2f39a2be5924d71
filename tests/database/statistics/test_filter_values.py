"""A look-up of filter values finds those that were asked for and exist, and no others."""

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.statistics.definitions.dimensions import DIMENSIONS, DimensionName
from tests.database.statistics.field import Field, store
from tests.database.statistics.questions import moment
from tests.factories.clicks import build_agent, build_conversion

AT = moment("2026-11-01T12:00Z")


@pytest.fixture
async def figures(session: AsyncSession, field: Field) -> Field:
    """Figures of links whose sources no channel has, and agents of two applications."""
    campaign, beside = field.campaigns["bintara-jabar"], field.campaigns["bintara-bali"]
    await store(
        session,
        [
            build_agent("another phone", at=AT, app="tiktok"),
            build_conversion(campaign=campaign, link=field.links["poster"], at=AT),
            build_conversion(campaign=beside, link=field.links["bali-radio"], at=AT),
        ],
    )
    return field


@pytest.mark.parametrize(
    ("name", "asked", "found"),
    [
        (DimensionName.APP, {"tiktok", "telegram"}, {"tiktok"}),
        (DimensionName.APP, {"instagram"}, {"instagram"}),
        (DimensionName.SOURCE, {"poster", "radio", "nowhere"}, {"poster"}),
        (DimensionName.SOURCE, {"instagram"}, {"instagram"}),
        (DimensionName.MEDIUM, {"qr", "audio", "nowhere"}, {"qr"}),
        (DimensionName.LINK, {"poster", "bali-radio"}, {"poster"}),
        (DimensionName.CAMPAIGN, {"bandung", "bintara-bali"}, {"bandung"}),
        (DimensionName.COUNTRY, set(), set()),
        (DimensionName.MEDIUM, set(), set()),
    ],
)
async def test_only_what_was_asked_for_is_found(
    session: AsyncSession, figures: Field, name: DimensionName, asked: set[str], found: set[str]
) -> None:
    known = DIMENSIONS[name].known
    assert known is not None
    assert set(await known(session, figures.viewer(figures.world.own), asked)) == found
