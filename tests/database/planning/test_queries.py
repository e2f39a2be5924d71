"""Filters of planning's lists exclude other rows, and locks block updates but not references."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.paging import PageRequest
from campaigns.planning.models import Campaign, Channel
from campaigns.planning.queries import (
    get_campaign,
    list_campaigns,
    list_channels,
    lock_campaign,
    lock_channel,
    lock_intake,
    lock_programme,
    lock_unit,
)
from campaigns.planning.types import CampaignState, OpenState
from tests.factories.world import World, build_campaign

ALL = PageRequest(limit=100)


async def slugs(
    session: AsyncSession, world: World, *, unit_id: UUID | None = None, state: str | None = None
) -> set[str]:
    found = await list_campaigns(session, world.admin, unit_id=unit_id, intake_id=None, state=state, page=ALL)
    return {one.slug for one in found.items}


async def test_campaigns_are_filtered_by_unit_and_state(session: AsyncSession, world: World, now: datetime) -> None:
    admin, intake = world.admin, world.intake
    await build_campaign(session, admin, unit=world.district, intake=intake, slug="below", now=now)
    closed = await build_campaign(session, admin, unit=world.own, intake=intake, slug="over", now=now)
    closed.state = CampaignState.CLOSED.value
    await session.flush()
    everything = await slugs(session, world)
    assert {"below", "over", world.campaign.slug, world.foreign_campaign.slug} <= everything
    assert await slugs(session, world, unit_id=world.own.id) == {"over", world.campaign.slug}
    assert await slugs(session, world, unit_id=world.district.id) == {"below"}
    assert await slugs(session, world, state="closed") == {"over"}
    assert await slugs(session, world, state="active") == everything - {"over"}


async def test_channels_are_filtered_by_state(session: AsyncSession, world: World, now: datetime) -> None:
    unit_id = world.channel.unit_id
    session.add(
        Channel(unit_id=unit_id, name="Old", source="old", medium="print", state=OpenState.CLOSED.value, created_at=now)
    )
    await session.flush()

    async def sources(state: str | None) -> set[str]:
        found = await list_channels(session, world.admin, source=None, state=state, page=ALL)
        return {one.source for one in found.items}

    assert await sources("closed") == {"old"}
    assert await sources("active") == await sources(None) - {"old"}


Lock = Callable[[AsyncSession, World], Awaitable[object]]
LOCKS: dict[str, tuple[Lock, Callable[[World], UUID]]] = {
    "units": (lambda s, w: lock_unit(s, w.admin, unit_id=w.own.id), lambda w: w.own.id),
    "programmes": (lambda s, w: lock_programme(s, w.admin, programme_id=w.programme.id), lambda w: w.programme.id),
    "intakes": (lambda s, w: lock_intake(s, w.admin, intake_id=w.intake.id), lambda w: w.intake.id),
    "campaigns": (lambda s, w: lock_campaign(s, w.admin, campaign_id=w.campaign.id), lambda w: w.campaign.id),
    "channels": (lambda s, w: lock_channel(s, w.admin, channel_id=w.channel.id), lambda w: w.channel.id),
}


async def can_lock(engine: AsyncEngine, table: str, row_id: UUID, strength: str) -> bool:
    """Whether another transaction gets the row's lock without waiting."""
    async with engine.connect() as other:
        try:
            await other.execute(text(f"SELECT id FROM {table} WHERE id = :id FOR {strength} NOWAIT"), {"id": row_id})
        except OperationalError:
            return False
        finally:
            await other.rollback()
    return True


@pytest.mark.parametrize("table", sorted(LOCKS))
async def test_a_locked_row_blocks_updates_but_not_references(
    session: AsyncSession, world: World, chosen_engine: AsyncEngine, table: str
) -> None:
    lock, row_id = LOCKS[table]
    await lock(session, world)
    assert not await can_lock(chosen_engine, table, row_id(world), "NO KEY UPDATE")
    assert await can_lock(chosen_engine, table, row_id(world), "KEY SHARE")


async def test_a_read_row_is_not_locked(session: AsyncSession, world: World, chosen_engine: AsyncEngine) -> None:
    found: Campaign = await get_campaign(session, world.admin, campaign_id=world.campaign.id)
    assert await can_lock(chosen_engine, "campaigns", found.id, "UPDATE")
