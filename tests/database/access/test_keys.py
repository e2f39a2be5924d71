"""Creating and revoking API keys: limits of names and lifetimes, and the audit entries."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import ApiKey, AuditEntry
from campaigns.access.operations import create_key, revoke_key
from campaigns.access.rules import MAX_NAME_LENGTH, digest_of
from campaigns.access.types import SYSTEM, Role
from campaigns.kit.errors import Conflict, Invalid, NotFound
from tests.factories.world import World

SHORTEST = timedelta(microseconds=1)


async def make(
    session: AsyncSession, world: World, now: datetime, *, name: str = "front end", life: timedelta = timedelta(days=1)
) -> tuple[ApiKey, str]:
    return await create_key(
        session,
        actor=SYSTEM,
        name=name,
        role=Role.VIEWER,
        unit_id=world.own.id,
        unit_path=world.own.path,
        life=life,
        now=now,
    )


async def audited(session: AsyncSession, key_id: UUID) -> list[str]:
    entries = await session.exec(select(AuditEntry.action).where(AuditEntry.object_id == key_id))
    return list(entries.all())


@pytest.mark.parametrize("name", ["x", "x" * MAX_NAME_LENGTH, "Dasbor Humas é"])
async def test_takes_names_within_bounds(session: AsyncSession, world: World, now: datetime, name: str) -> None:
    key, _ = await make(session, world, now, name=name)
    assert key.name == name


@pytest.mark.parametrize("name", ["", "x" * (MAX_NAME_LENGTH + 1), "line\nbreak", "null\0", "turned\u202earound"])
async def test_refuses_names_out_of_bounds(session: AsyncSession, world: World, now: datetime, name: str) -> None:
    before = (await session.exec(select(func.count()).select_from(ApiKey))).one()
    with pytest.raises(Invalid) as refused:
        await make(session, world, now, name=name)
    assert [error.code for error in refused.value.fields] == ["bad-name"]
    assert (await session.exec(select(func.count()).select_from(ApiKey))).one() == before


@pytest.mark.parametrize("life", [SHORTEST, timedelta(days=730)])
async def test_takes_lifetimes_within_bounds(
    session: AsyncSession, world: World, now: datetime, life: timedelta
) -> None:
    key, _ = await make(session, world, now, life=life)
    assert key.expires_at == now + life


@pytest.mark.parametrize("life", [timedelta(0), -SHORTEST, timedelta(days=730) + SHORTEST])
async def test_refuses_lifetimes_out_of_bounds(
    session: AsyncSession, world: World, now: datetime, life: timedelta
) -> None:
    with pytest.raises(Invalid) as refused:
        await make(session, world, now, life=life)
    assert [error.code for error in refused.value.fields] == ["out-of-range"]


async def test_stores_the_digest_and_the_beginning_of_a_key_only(
    session: AsyncSession, world: World, now: datetime
) -> None:
    key, secret = await make(session, world, now)
    assert (key.shown, key.digest) == (secret[:10], digest_of(secret))
    assert secret not in str(key.model_dump())


async def test_a_key_is_revoked_once(session: AsyncSession, world: World, now: datetime) -> None:
    key, _ = await make(session, world, now)
    later = now + timedelta(hours=1)
    assert (await revoke_key(session, actor=SYSTEM, shown=key.shown, now=later)).id == key.id
    with pytest.raises(Conflict) as refused:
        await revoke_key(session, actor=SYSTEM, shown=key.shown, now=later + timedelta(hours=1))
    assert refused.value.code == "key-already-revoked"
    await session.refresh(key)
    assert key.revoked_at == later
    assert await audited(session, key.id) == ["key.created", "key.revoked"]


async def test_only_the_named_key_is_revoked(session: AsyncSession, world: World, now: datetime) -> None:
    key, _ = await make(session, world, now)
    other, _ = await make(session, world, now)
    await revoke_key(session, actor=SYSTEM, shown=key.shown, now=now)
    await session.refresh(other)
    assert other.revoked_at is None


async def test_a_beginning_that_two_live_keys_share_revokes_neither(
    session: AsyncSession, world: World, now: datetime
) -> None:
    first, _ = await make(session, world, now)
    second, _ = await make(session, world, now)
    second.shown = first.shown
    await session.flush()
    with pytest.raises(Conflict) as refused:
        await revoke_key(session, actor=SYSTEM, shown=first.shown, now=now)
    assert refused.value.code == "key-ambiguous"
    for key in (first, second):
        await session.refresh(key)
        assert key.revoked_at is None
    second.revoked_at = now
    await session.flush()
    assert (await revoke_key(session, actor=SYSTEM, shown=first.shown, now=now)).id == first.id


async def test_the_beginning_of_no_key_is_not_found(session: AsyncSession, world: World, now: datetime) -> None:
    with pytest.raises(NotFound):
        await revoke_key(session, actor=SYSTEM, shown="jrg_000000", now=now)
