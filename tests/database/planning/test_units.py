"""Units in SQL: which allow-list applies to which unit, and only one root."""

from datetime import datetime

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import SYSTEM, Role
from campaigns.kit.database.writes import violated_constraint
from campaigns.kit.errors import Conflict
from campaigns.kit.ids import new_id
from campaigns.planning.models import Unit
from campaigns.planning.operations.units import create_root_unit
from campaigns.planning.queries import effective_hosts, find_root_unit, in_reach, subtree
from campaigns.planning.rules import unit_path
from tests.factories.world import World, principal_of


@pytest.mark.parametrize(
    ("national", "province", "district", "expected"),
    [
        ([], [], [], []),
        (["n.example"], [], [], ["n.example"]),
        (["n.example"], ["p.example"], [], ["p.example"]),
        (["n.example"], [], ["d.example"], ["d.example"]),
        (["n.example"], ["p.example"], ["d.example", "*.d.example"], ["d.example", "*.d.example"]),
        ([], ["p.example"], [], ["p.example"]),
    ],
)
async def test_the_nearest_allow_list_applies(
    session: AsyncSession,
    world: World,
    national: list[str],
    province: list[str],
    district: list[str],
    expected: list[str],
) -> None:
    world.national.allowed_hosts, world.own.allowed_hosts = national, province
    world.district.allowed_hosts = district
    session.add_all([world.national, world.own, world.district])
    await session.flush()
    assert await effective_hosts(session, unit_id=world.district.id) == expected
    assert await effective_hosts(session, unit_id=world.foreign.id) == national


async def test_there_is_one_root(session: AsyncSession, world: World, now: datetime) -> None:
    with pytest.raises(Conflict) as refused:
        await create_root_unit(session, actor=SYSTEM, name="Second", code="SECOND", allowed_hosts=[], now=now)
    assert refused.value.code == "root-unit-exists"
    root = await find_root_unit(session)
    assert root is not None
    assert root.id == world.national.id


async def test_a_unit_without_parent_is_national_and_no_other_is(
    session: AsyncSession, world: World, now: datetime
) -> None:
    for kind, parent in (("province", None), ("national", world.national)):
        unit_id = new_id()
        unit = Unit(
            id=unit_id,
            parent_id=parent.id if parent else None,
            kind=kind,
            name="X",
            code="X",
            path=unit_path(parent.path if parent else "", unit_id),
            created_at=now,
        )
        with pytest.raises(IntegrityError) as refused:
            async with session.begin_nested():
                session.add(unit)
        assert violated_constraint(refused.value) == "ck_units_parent"


async def test_reach_is_the_subtree_and_the_units_above(session: AsyncSession, world: World) -> None:
    async def names(statement: object) -> set[str]:
        return set((await session.exec(select(Unit.name).where(col(Unit.id).in_(statement)))).all())  # type: ignore[arg-type]

    province = principal_of(world.own, Role.VIEWER, new_id())
    assert await names(subtree(province)) == {"West Java", "Bandung"}
    assert await names(in_reach(province)) == {"National", "West Java", "Bandung"}
    district = principal_of(world.district, Role.VIEWER, new_id())
    assert await names(subtree(district)) == {"Bandung"}
    assert await names(in_reach(district)) == {"National", "West Java", "Bandung"}
    assert await names(in_reach(world.admin)) == {"National", "West Java", "Bandung", "Bali"}
