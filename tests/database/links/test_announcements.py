"""Changes of links are announced to the redirect's caches on commit, and only then."""

from datetime import datetime

import psycopg
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal, Role
from campaigns.links.models import Link
from campaigns.links.operations.planning_changes import update_campaign
from campaigns.links.operations.update import retire_link, update_link
from campaigns.links.types import LinkSpec
from tests.factories.links import make_link
from tests.factories.world import World

Sessions = async_sessionmaker[AsyncSession]


async def heard(listener: psycopg.AsyncConnection, *, seconds: float) -> list[str]:
    """The announcements until the first one or the time limit."""
    return [note.payload async for note in listener.notifies(timeout=seconds, stop_after=1)]


def marketer(world: World) -> Principal:
    return world.principals[Role.MARKETER]


async def make(session: AsyncSession, world: World, slug: str, now: datetime) -> Link:
    spec = LinkSpec(channel_id=world.channel.id, name="Story", slug=slug)
    return await make_link(session, marketer(world), campaign_id=world.campaign.id, spec=spec, now=now)


async def test_every_change_is_announced_by_its_commit(
    committing_sessions: Sessions, committed_world: World, listener: psycopg.AsyncConnection, now: datetime
) -> None:
    caller, version = marketer(committed_world), {"expected_version": None, "now": now}
    async with committing_sessions() as session:
        link = await make(session, committed_world, "announced", now)
        await session.flush()
        assert await heard(listener, seconds=0.3) == []
        await session.commit()
    assert await heard(listener, seconds=5) == ["announced"]

    async with committing_sessions() as session:
        await update_link(session, caller, link_id=link.id, changes={"utm_term": "pagi"}, **version)  # type: ignore[arg-type]
        assert await heard(listener, seconds=0.3) == []
        await session.commit()
    assert await heard(listener, seconds=5) == ["announced"]

    async with committing_sessions() as session:
        await retire_link(session, caller, link_id=link.id, **version)  # type: ignore[arg-type]
        assert await heard(listener, seconds=0.3) == []
        await session.commit()
    assert await heard(listener, seconds=5) == ["announced"]


async def test_a_campaign_announces_all_of_its_links(
    committing_sessions: Sessions, committed_world: World, listener: psycopg.AsyncConnection, now: datetime
) -> None:
    async with committing_sessions() as session, session.begin():
        await make(session, committed_world, "of-the-campaign", now)
        spec = LinkSpec(channel_id=committed_world.channel.id, name="Bali", slug="of-another")
        other = committed_world.foreign_campaign.id
        await make_link(session, committed_world.admin, campaign_id=other, spec=spec, now=now)
    assert set(await heard(listener, seconds=5)) == {"of-the-campaign", "of-another"}
    async with committing_sessions() as session, session.begin():
        await update_campaign(
            session,
            marketer(committed_world),
            campaign_id=committed_world.campaign.id,
            changes={"preview_title": "Daftar sekarang"},
            expected_version=None,
            now=now,
        )
        statement = select(Link.slug).where(Link.campaign_id == committed_world.campaign.id)
        of_the_campaign = (await session.exec(statement)).all()
    assert "of-the-campaign" in of_the_campaign
    assert sorted(await heard(listener, seconds=5)) == sorted(of_the_campaign)


async def test_rolled_back_and_empty_updates_are_not_announced(
    committing_sessions: Sessions, committed_world: World, listener: psycopg.AsyncConnection, now: datetime
) -> None:
    caller = marketer(committed_world)
    async with committing_sessions() as session, session.begin():
        link = await make(session, committed_world, "quiet", now)
    assert await heard(listener, seconds=5) == ["quiet"]
    async with committing_sessions() as session:
        await retire_link(session, caller, link_id=link.id, expected_version=None, now=now)
        await session.rollback()
    async with committing_sessions() as session, session.begin():
        await update_link(session, caller, link_id=link.id, changes={"name": "Story"}, expected_version=None, now=now)
    assert await heard(listener, seconds=0.3) == []
