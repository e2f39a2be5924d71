"""Reads that may or must find a row, and rows that are held for a change."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.rows import fetch_existing, fetch_first, locked
from campaigns.kit.errors import NotFound
from campaigns.planning.models import Unit
from tests.factories.world import World


async def test_what_is_missing_is_named(session: AsyncSession, world: World) -> None:
    of_code = {code: select(Unit).where(col(Unit.code) == code) for code in ("ID-JB", "ID-XX")}
    assert await fetch_existing(session, of_code["ID-JB"], "unit") is world.own
    assert await fetch_first(session, of_code["ID-JB"]) is world.own
    assert await fetch_first(session, of_code["ID-XX"]) is None
    with pytest.raises(NotFound, match="The unit does not exist"):
        await fetch_existing(session, of_code["ID-XX"], "unit")


async def can_lock(engine: AsyncEngine, unit_id: UUID, strength: str) -> bool:
    """Whether another transaction gets the unit's lock without waiting."""
    async with engine.connect() as other:
        try:
            await other.execute(text(f"SELECT id FROM units WHERE id = :id FOR {strength} NOWAIT"), {"id": unit_id})
        except OperationalError:
            return False
        finally:
            await other.rollback()
    return True


async def test_a_locked_row_can_be_referred_to_but_not_changed(
    session: AsyncSession, world: World, chosen_engine: AsyncEngine
) -> None:
    await fetch_first(session, locked(select(Unit).where(col(Unit.id) == world.own.id), Unit))
    assert await can_lock(chosen_engine, world.own.id, "KEY SHARE")
    assert not await can_lock(chosen_engine, world.own.id, "NO KEY UPDATE")
    assert await can_lock(chosen_engine, world.foreign.id, "UPDATE")
