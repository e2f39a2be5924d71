"""Who is behind an API key, and which keys and audit entries are listed."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import ApiKey
from campaigns.access.operations import create_key, record_audit, revoke_key
from campaigns.access.queries import find_principal, list_audit_entries, list_keys
from campaigns.access.rules import new_secret
from campaigns.access.types import SYSTEM, ObjectType, Principal, Role
from campaigns.kit.database.paging import PageRequest
from campaigns.kit.errors import NotFound
from campaigns.kit.ids import new_id
from campaigns.planning.models import Unit
from campaigns.planning.queries import subtree
from tests.factories.world import World

LIFE = timedelta(days=1)


async def make(session: AsyncSession, unit: Unit, now: datetime) -> tuple[ApiKey, str]:
    return await create_key(
        session,
        actor=SYSTEM,
        name="front end",
        role=Role.VIEWER,
        unit_id=unit.id,
        unit_path=unit.path,
        life=LIFE,
        now=now,
    )


async def test_a_secret_stands_for_its_key_until_it_ends(session: AsyncSession, world: World, now: datetime) -> None:
    key, secret = await make(session, world.district, now)
    await make(session, world.own, now)
    found = await find_principal(session, secret=secret, now=now + LIFE - timedelta(microseconds=1))
    assert found is not None
    assert (found.actor.id, found.role) == (key.id, Role.VIEWER)
    assert (found.unit_id, found.unit_path) == (world.district.id, world.district.path)
    assert await find_principal(session, secret=secret, now=now + LIFE) is None
    assert await find_principal(session, secret=new_secret(), now=now) is None
    await revoke_key(session, actor=SYSTEM, shown=key.shown, now=now)
    assert await find_principal(session, secret=secret, now=now) is None


async def test_a_mistyped_secret_asks_the_database_nothing(
    session: AsyncSession, connection: AsyncConnection, now: datetime
) -> None:
    sent: list[str] = []
    event.listen(connection.sync_connection, "before_cursor_execute", lambda *given: sent.append(given[2]))
    assert await find_principal(session, secret=new_secret()[:-1], now=now) is None
    assert sent == []
    assert await find_principal(session, secret=new_secret(), now=now) is None
    assert sent != []


async def test_keys_are_listed_newest_first(session: AsyncSession, world: World, now: datetime) -> None:
    made = [(await make(session, world.own, now))[0].id for _ in range(3)]
    listed = [key.id for key in await list_keys(session)]
    assert listed == sorted(listed, reverse=True)
    assert set(made) < set(listed)


@pytest.fixture
def caller(world: World) -> Principal:
    return world.principals[Role.ADMINISTRATOR]


async def test_audit_entries_are_those_of_one_type_or_object(
    session: AsyncSession, world: World, caller: Principal, now: datetime
) -> None:
    link, other = new_id(), new_id()
    for object_id in (link, other):
        record_audit(session, SYSTEM, ObjectType.LINK, "created", object_id=object_id, unit_id=world.own.id, now=now)
    record_audit(session, SYSTEM, ObjectType.APPLICANT, "erased", object_id=link, unit_id=world.own.id, now=now)
    await session.flush()

    async def found(object_type: ObjectType | None, object_id: UUID | None) -> set[tuple[str, UUID | None]]:
        entries = await list_audit_entries(
            session,
            units=subtree(caller),
            object_type=object_type,
            object_id=object_id,
            since=None,
            until=None,
            page=PageRequest(limit=100),
        )
        return {(entry.object_type, entry.object_id) for entry in entries.items}

    assert await found(ObjectType.LINK, None) == {("link", link), ("link", other)}
    assert await found(ObjectType.LINK, link) == {("link", link)}
    assert await found(ObjectType.APPLICANT, link) == {("applicant", link)}
    assert {kind for kind, _ in await found(None, None)} > {"link", "applicant"}
    with pytest.raises(NotFound):
        await found(ObjectType.APPLICANT, other)
