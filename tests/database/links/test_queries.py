"""Reads of links: only what was asked for, and only of the caller's campaigns."""

from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.links.destination_checks.queries import read_checks
from campaigns.links.models import DestinationCheck
from campaigns.links.queries import find_links
from campaigns.links.types import LinkSpec
from tests.factories.links import make_link
from tests.factories.world import World


async def test_finds_the_links_that_are_asked_for_and_visible(
    session: AsyncSession, world: World, now: datetime
) -> None:
    wanted, other, foreign = [
        await make_link(
            session,
            world.admin,
            campaign_id=campaign.id,
            spec=LinkSpec(channel_id=world.channel.id, name=name),
            now=now,
        )
        for name, campaign in (("a", world.campaign), ("b", world.campaign), ("c", world.foreign_campaign))
    ]
    marketer = world.principals[Role.MARKETER]
    assert await find_links(session, marketer, link_ids=[wanted.id, foreign.id]) == {wanted.id: wanted}
    assert await find_links(session, marketer, link_ids=[]) == {}
    everything = {link.id: link for link in (wanted, other, foreign)}
    assert await find_links(session, world.admin, link_ids=everything) == everything


async def test_checks_are_read_in_the_order_of_their_places(session: AsyncSession, world: World, now: datetime) -> None:
    spec = LinkSpec(channel_id=world.channel.id, name="a")
    link = await make_link(session, world.admin, campaign_id=world.campaign.id, spec=spec, now=now)
    for place in ("variant:b", "ended", "rule:0"):  # after `default`, which the link has already
        session.add(DestinationCheck(link_id=link.id, place=place, next_at=now))
        await session.flush()
    checks = await read_checks(session, [link.id])
    assert [check.place for check in checks[link.id]] == ["default", "ended", "rule:0", "variant:b"]
