"""What only transactions at once show: that names stay one, and that no two sheets wait for each other for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.dry_run import dry_run
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.errors import Conflict, Invalid
from campaigns.links.csv_sheets.format import read_sheet
from campaigns.links.operations import import_rows as importing
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


async def import_lines(session: AsyncSession, world: World, now: datetime, *lines: str) -> CreatedLinks:
    rows = read_sheet("\n".join(["campaign,source,name,slug", *lines]).encode())
    return await import_rows(session, world.admin, rows=rows, keep_names=(), timezone=JAKARTA, now=now)


async def has_to_wait(task: "asyncio.Task[object]") -> bool:
    done, _ = await asyncio.wait([task], timeout=0.5)
    return not done


@pytest.mark.parametrize("how", ["placed", "by a template", "changed", "imported"])
async def test_of_two_near_doubles_made_at_once_one_is_refused(
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
                return await import_rows(session, world.admin, rows=rows, keep_names=(), timezone=JAKARTA, now=now)
            made_of = {"name": "Kemaraw"} if how == "by a template" else {"utm_content": "kemaraw"}
            return await place(session, world, now, **made_of)

    async with own_sessions() as session, session.begin():
        await place(session, world, now, utm_content="kemarau")
        waiting = asyncio.create_task(second())
        assert await has_to_wait(waiting)  # until it is known whether the other name stands
    with pytest.raises(Invalid) as refused:
        await waiting
    assert [field.code for field in refused.value.fields] == ["near-double"]


async def test_names_in_use_and_dry_runs_wait_for_nobody(
    own_sessions: Sessions, own_world: World, now: datetime
) -> None:
    async with own_sessions() as session, session.begin():
        await place(session, own_world, now, utm_content="in-use")
    async with own_sessions() as first, first.begin():
        await place(first, own_world, now, utm_content="new")
        async with own_sessions() as second, second.begin(), asyncio.timeout(3):
            await place(second, own_world, now, utm_content="In use")
            await place(second, own_world, now)
            async with dry_run(second):
                await place(second, own_world, now, utm_content="newer")
    # What was tried held nothing that others wait for.
    async with own_sessions() as first, first.begin(), dry_run(first):
        await place(first, own_world, now, utm_content="kemarau")
        async with own_sessions() as second, second.begin(), asyncio.timeout(3):
            await place(second, own_world, now, utm_content="kemaraw")


async def test_sheets_that_choose_slugs_crosswise_do_not_wait_for_each_other(
    own_sessions: Sessions, own_world: World, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    both_begun = asyncio.Barrier(2)
    place_group = importing._place_group

    async def placed_and_met(*arguments: object) -> CreatedLinks:
        placed = await place_group(*arguments)  # type: ignore[arg-type]
        with suppress(TimeoutError, asyncio.BrokenBarrierError):
            async with asyncio.timeout(0.5):
                await both_begun.wait()
        return placed

    monkeypatch.setattr(importing, "_place_group", placed_and_met)

    async def send(here: str, there: str) -> int:
        async with own_sessions() as session, session.begin():
            lines = (f"bintara-jabar,ig,One,{here}", f"bintara-bali,ig,Two,{there}")
            return len((await import_lines(session, own_world, now, *lines)).links)

    outcomes = await asyncio.gather(send("left", "right"), send("right", "left"), return_exceptions=True)
    refused = [outcome for outcome in outcomes if outcome != 2]
    assert len(refused) == 1
    assert isinstance(refused[0], Conflict), refused
    assert [field.path for field in refused[0].fields] == [("rows", 1, "slug"), ("rows", 2, "slug")]
