"""Concurrent transactions: no near-duplicates are created, and no two sheets deadlock."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.dry_run import RunMode, dry_run
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.errors import Conflict, Invalid
from campaigns.links.csv_sheets.format import read_sheet
from campaigns.links.operations.bulk import create_in_bulk
from campaigns.links.operations.create import CreatedLinks, create_link
from campaigns.links.operations.import_rows import import_rows
from campaigns.links.operations.planning_changes import update_unit
from campaigns.links.operations.update import update_link
from campaigns.links.types import LinkSpec
from tests.factories.world import World, build_world

Sessions = async_sessionmaker[AsyncSession]
JAKARTA = ZoneInfo("Asia/Jakarta")


@pytest.fixture
async def own_sessions(own_database: str) -> AsyncIterator[Sessions]:
    engine = make_engine(own_database, pool_size=4, statement_timeout_seconds=15)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture
async def own_world(own_sessions: Sessions, now: datetime) -> World:
    async with own_sessions() as session, session.begin():
        return await build_world(session, now=now)


async def place(session: AsyncSession, world: World, now: datetime, **fields: str) -> CreatedLinks:
    spec = LinkSpec(channel_id=world.channel.id, **{"name": "Story", **fields})  # type: ignore[arg-type]
    campaign_id = world.campaign.id
    return await create_link(session, world.admin, campaign_id=campaign_id, spec=spec, timezone=JAKARTA, now=now)


async def try_contents(session: AsyncSession, world: World, now: datetime, *contents: str) -> None:
    await create_in_bulk(
        session,
        world.admin,
        campaign_id=world.campaign.id,
        channel_ids=[world.channel.id],
        contents=contents,
        name="Story",
        shared={},
        keep_names=(),
        mode=RunMode.DRY,
        timezone=JAKARTA,
        now=now,
    )


async def import_lines(session: AsyncSession, world: World, now: datetime, *lines: str) -> CreatedLinks:
    rows = read_sheet("\n".join(["campaign,source,name,slug", *lines]).encode())
    return await import_rows(
        session, world.admin, rows=rows, keep_names=(), mode=RunMode.REAL, timezone=JAKARTA, now=now
    )


async def has_to_wait(task: "asyncio.Task[object]") -> bool:
    done, _ = await asyncio.wait([task], timeout=0.5)
    return not done


@pytest.mark.parametrize("how", ["placed", "by a template", "changed", "imported"])
async def test_of_two_near_duplicates_made_at_once_one_is_refused(
    own_sessions: Sessions, own_world: World, now: datetime, how: str
) -> None:
    world = own_world
    async with own_sessions() as session, session.begin():
        (link,) = (await place(session, world, now, utm_content="other")).links
        if how == "by a template":
            changes = {"content_template": "{name}"}
            await update_unit(
                session,
                world.admin,
                unit_id=world.own.id,
                changes=changes,  # type: ignore[arg-type]
                expected_version=None,
                now=now,
            )

    async def second() -> object:
        async with own_sessions() as session, session.begin():
            if how == "changed":
                changes = {"utm_content": "kemaraw"}
                return await update_link(
                    session,
                    world.admin,
                    link_id=link.id,
                    changes=changes,  # type: ignore[arg-type]
                    expected_version=None,
                    now=now,
                )
            if how == "imported":
                rows = read_sheet(b"campaign,source,name,content\nbintara-jabar,ig,Story,kemaraw\n")
                return await import_rows(
                    session, world.admin, rows=rows, keep_names=(), mode=RunMode.REAL, timezone=JAKARTA, now=now
                )
            made_of = {"name": "Kemaraw"} if how == "by a template" else {"utm_content": "kemaraw"}
            return await place(session, world, now, **made_of)

    async with own_sessions() as session, session.begin():
        await place(session, world, now, utm_content="kemarau")
        waiting = asyncio.create_task(second())
        assert await has_to_wait(waiting)  # until it is known whether the other name stands
    with pytest.raises(Invalid) as refused:
        await waiting
    assert [field.code for field in refused.value.fields] == ["near-double"]


async def test_names_in_use_and_dry_runs_take_no_lock(own_sessions: Sessions, own_world: World, now: datetime) -> None:
    async with own_sessions() as session, session.begin():
        await place(session, own_world, now, utm_content="in-use")
    async with own_sessions() as first, first.begin():
        await place(first, own_world, now, utm_content="new")
        async with own_sessions() as second, second.begin(), asyncio.timeout(3):
            await place(second, own_world, now, utm_content="In use")
            await place(second, own_world, now)
            async with dry_run(second):
                await try_contents(second, own_world, now, "newer")
    # What was tried held nothing that others wait for.
    async with own_sessions() as first, first.begin(), dry_run(first):
        await try_contents(first, own_world, now, "kemarau")
        async with own_sessions() as second, second.begin(), asyncio.timeout(3):
            await place(second, own_world, now, utm_content="kemaraw")


@pytest.fixture
async def held_before_the_second_link(own_sessions: Sessions, own_world: World) -> None:
    """Makes transactions wait before they store a link named Two while another session holds advisory lock 1."""
    async with own_sessions() as session, session.begin():
        connection = await session.connection()
        await connection.exec_driver_sql(
            """
            CREATE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NEW; END $$
            """
        )
        await connection.exec_driver_sql(
            "CREATE TRIGGER waiting BEFORE INSERT ON links FOR EACH ROW WHEN (NEW.name = 'Two') "
            "EXECUTE FUNCTION wait_for_the_test()"
        )


async def until_waiting(session: AsyncSession, number: int) -> None:
    """Return when this many transactions wait for an advisory lock."""
    connection = await session.connection()
    asked = (
        "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
        "WHERE locktype = 'advisory' AND NOT granted AND datname = current_database()"
    )
    async with asyncio.timeout(30):
        while (await connection.exec_driver_sql(asked)).scalar_one() < number:
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("held_before_the_second_link")
async def test_sheets_that_choose_slugs_crosswise_do_not_wait_for_each_other(
    own_sessions: Sessions, own_world: World, now: datetime
) -> None:
    async def send(here: str, there: str) -> int:
        async with own_sessions() as session, session.begin():
            lines = (f"bintara-jabar,ig,One,{here}", f"bintara-bali,ig,Two,{there}")
            return len((await import_lines(session, own_world, now, *lines)).links)

    async with own_sessions() as holder, holder.begin():
        await (await holder.connection()).exec_driver_sql("SELECT pg_advisory_xact_lock(1)")
        sent = [asyncio.create_task(send("left", "right")), asyncio.create_task(send("right", "left"))]
        # One waits before its second slug; the other as well, or for the first before it stores any.
        await until_waiting(holder, 2)
    outcomes = await asyncio.gather(*sent, return_exceptions=True)
    refused = [outcome for outcome in outcomes if outcome != 2]
    assert len(refused) == 1
    assert isinstance(refused[0], Conflict), refused
    assert [field.path for field in refused[0].fields] == [("rows", 1, "slug"), ("rows", 2, "slug")]
