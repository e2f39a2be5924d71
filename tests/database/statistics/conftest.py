"""A force with campaigns and links on three levels, and random counted rows."""

from datetime import datetime

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.clicks.types import BotReason, Device, RequestFlag
from tests.database.statistics.field import Field, store
from tests.factories.clicks import (
    build_agent,
    build_link,
)
from tests.factories.world import World, build_campaign


@pytest.fixture
async def field(session: AsyncSession, world: World, now: datetime) -> Field:
    campaigns = {one.slug: one for one in (world.campaign, world.foreign_campaign)}
    for unit, slug in ((world.national, "all-indonesia"), (world.district, "bandung")):
        campaigns[slug] = await build_campaign(session, world.admin, unit=unit, intake=world.intake, slug=slug, now=now)
    await session.flush()
    placements = [
        ("story", "bintara-jabar", "instagram", "social", "organic_social"),
        ("reel", "bintara-jabar", "instagram", "paid", "paid_social"),
        ("poster", "bintara-jabar", "poster", "qr", "offline"),
        ("bandung-video", "bandung", "tiktok", "social", "organic_social"),
        ("bali-story", "bintara-bali", "instagram", "social", "organic_social"),
        ("bali-radio", "bintara-bali", "radio", "audio", "audio"),
        ("nation-tube", "all-indonesia", "youtube", "video", "organic_video"),
    ]
    links = {
        slug: build_link(
            campaign=campaigns[campaign],
            channel_id=world.channel.id,
            slug=slug,
            source=source,
            medium=medium,
            channel_group=group,
            created_at=now,
        )
        for slug, campaign, source, medium, group in placements
    }
    browser = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.FETCH_MODE
    agents = [
        build_agent("a phone", at=now, expects=browser, device=Device.ANDROID, app="instagram"),
        build_agent("a laptop", at=now, expects=RequestFlag.ACCEPT, device=Device.DESKTOP),
        build_agent("a preview", at=now, reasons=BotReason.PREVIEW),
        build_agent("a preview that says it crawls", at=now, reasons=BotReason.PREVIEW | BotReason.CRAWLER),
        build_agent("a script", at=now, reasons=BotReason.AUTOMATED, device=Device.OTHER),
    ]
    await store(session, [*links.values(), *agents])
    return Field(world, campaigns, links, agents, now)
