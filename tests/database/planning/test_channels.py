"""Channels in SQL: a spelling stands for one source in every unit that can use it."""

import asyncio
from datetime import datetime

import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal, Role
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.errors import Conflict
from campaigns.kit.ids import new_id
from campaigns.planning.models import Channel, Unit
from campaigns.planning.operations.channels import create_channel, update_channel
from campaigns.planning.queries import canonical_sources, known_channel_media
from campaigns.planning.types import ChannelSpec
from tests.factories.world import World, build_world, principal_of


async def make(
    session: AsyncSession,
    by: Principal,
    unit: Unit,
    source: str,
    aliases: list[str],
    *,
    now: datetime,
    medium: str = "social",
) -> Channel:
    written = await create_channel(
        session,
        by,
        spec=ChannelSpec(unit_id=unit.id, name=source, source=source, medium=medium, aliases=aliases),
        now=now,
    )
    return written.row


def marketer(unit: Unit) -> Principal:
    return principal_of(unit, Role.MARKETER, new_id())


@pytest.mark.parametrize(
    ("source", "aliases"),
    [
        ("ig", []),  # the source is an alias
        ("facebook", ["instagram"]),  # an alias is the source
        ("facebook", ["fb", "insta"]),  # an alias is an alias
    ],
)
async def test_a_spelling_of_a_unit_above_is_taken(
    session: AsyncSession, world: World, now: datetime, source: str, aliases: list[str]
) -> None:
    for unit in (world.own, world.district):
        with pytest.raises(Conflict) as refused:
            await make(session, marketer(unit), unit, source, aliases, now=now)
        assert refused.value.code == "alias-taken"


async def test_a_spelling_of_a_unit_below_is_taken(session: AsyncSession, world: World, now: datetime) -> None:
    await make(session, marketer(world.district), world.district, "radio", ["rb"], now=now)
    with pytest.raises(Conflict) as refused:
        await make(session, marketer(world.own), world.own, "rebroadcast", ["rb"], now=now)
    assert refused.value.code == "alias-taken"


async def test_units_that_do_not_see_each_other_may_differ(session: AsyncSession, world: World, now: datetime) -> None:
    await make(session, marketer(world.own), world.own, "radio-bandung", ["radio"], now=now)
    await make(session, marketer(world.foreign), world.foreign, "radio-bali", ["radio"], now=now)
    for unit, source in ((world.own, "radio-bandung"), (world.foreign, "radio-bali")):
        assert await canonical_sources(session, marketer(unit), spellings=["radio"]) == {"radio": source}
    # Above both it would be either, so it is neither; the sources' own names are never in doubt.
    words = ["radio", "radio-bali", "radio-bandung"]
    known = await canonical_sources(session, world.admin, spellings=words)
    assert known == {"radio-bali": "radio-bali", "radio-bandung": "radio-bandung"}


async def test_one_source_may_have_several_mediums_and_the_same_aliases(
    session: AsyncSession, world: World, now: datetime
) -> None:
    paid = await make(session, marketer(world.own), world.own, "instagram", ["ig"], now=now, medium="paid")
    assert paid.aliases == ["ig"]
    known = await canonical_sources(session, marketer(world.own), spellings=["ig", "instagram", "unheard"])
    assert known == {"ig": "instagram", "instagram": "instagram"}
    assert await known_channel_media(session, marketer(world.own), media=["paid", "unheard"]) == {"paid"}
    assert not await known_channel_media(session, marketer(world.foreign), media=["paid"])


async def test_an_unknown_spelling_has_no_source(session: AsyncSession, world: World) -> None:
    assert not await canonical_sources(session, marketer(world.own), spellings=["unheard"])


async def test_a_change_of_the_name_does_not_ask_about_spellings(
    session: AsyncSession, world: World, now: datetime
) -> None:
    own = await make(session, marketer(world.own), world.own, "radio-bandung", ["radio"], now=now)
    await make(session, marketer(world.foreign), world.foreign, "radio-bali", ["radio"], now=now)
    # The national unit sees both, so that any change it made to their aliases would be ambiguous.
    renamed = await update_channel(
        session, world.admin, channel_id=own.id, changes={"name": "Radio"}, expected_version=None, now=now
    )
    assert renamed.row.name == "Radio"
    with pytest.raises(Conflict):
        await update_channel(
            session,
            world.admin,
            channel_id=own.id,
            changes={"aliases": ["radio", "rb"]},
            expected_version=None,
            now=now,
        )


async def test_two_units_at_once_cannot_give_a_spelling_two_meanings(own_database: str, now: datetime) -> None:
    engine = make_engine(own_database, pool_size=3, statement_timeout_seconds=15)
    sessions = make_sessions(engine)
    async with sessions() as session, session.begin():
        world = await build_world(session, now=now)

    async def below() -> None:
        async with sessions() as session, session.begin():
            await make(session, marketer(world.own), world.own, "radio-bandung", ["radio"], now=now)

    async with sessions() as session, session.begin():
        await make(session, world.admin, world.national, "radio-republik", ["radio"], now=now)
        waiting = asyncio.create_task(below())
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done  # until it is known whether the other spelling stands
    with pytest.raises(Conflict) as refused:
        await waiting
    assert refused.value.code == "alias-taken"
    await engine.dispose()
