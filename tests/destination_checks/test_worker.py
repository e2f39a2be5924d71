"""The worker that runs due checks, with real commits over several connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import AuditEntry
from campaigns.kit.database.engine import SessionFactory, make_engine, make_sessions
from campaigns.links.destination_checks.operations import claim_due, record_finding, schedule_checks
from campaigns.links.destination_checks.types import DueCheck, Finding
from campaigns.links.destination_checks.worker import MAX_CLAIMED, MAX_FOLLOWED_AT_ONCE, Check, CheckWorker
from campaigns.links.models import DestinationCheck, Link
from tests.destination_checks.checker import GONE, OK, put_link
from tests.factories.loops import looping, restless, until
from tests.factories.world import build_world

Sessions = async_sessionmaker[AsyncSession]


@pytest.fixture
async def own_sessions(own_database: str) -> AsyncIterator[Sessions]:
    engine = make_engine(own_database, pool_size=6, statement_timeout_seconds=15)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture
async def links(own_sessions: Sessions, now: datetime) -> list[Link]:
    """More due links than several claims take."""
    async with own_sessions() as session, session.begin():
        world = await build_world(session, now=now)
        links = [await put_link(session, world, now) for _ in range(3 * MAX_CLAIMED + 1)]
        await schedule_checks(session, *links, now=now - timedelta(hours=1))
    return links


async def checked(sessions: Sessions) -> int:
    async with sessions() as session:
        statement = select(func.count()).where(col(DestinationCheck.verdict).is_not(None))
        return (await session.exec(statement)).one()


@asynccontextmanager
async def keeping_checks(sessions: SessionFactory, check: Check, **given: float) -> AsyncIterator[None]:
    worker = CheckWorker(sessions, check, **given)
    async with looping(restless(worker.start_due, wake=worker.ready, close=worker.close)):
        yield


async def test_follows_all_that_is_due_a_few_at_a_time(own_sessions: Sessions, links: list[Link]) -> None:
    followed: list[UUID] = []
    at_once = most = 0

    async def check(due: DueCheck) -> Finding:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.005)
        at_once -= 1
        followed.append(due.link_id)
        return OK

    async def all_checked() -> bool:
        return await checked(own_sessions) == len(links)

    async with keeping_checks(own_sessions, check):
        await until(all_checked)
    assert sorted(followed) == sorted(link.id for link in links)
    assert most == MAX_FOLLOWED_AT_ONCE


async def test_slow_pages_do_not_hold_up_the_others(own_sessions: Sessions, links: list[Link]) -> None:
    slow: set[UUID] = set()
    answer = asyncio.Event()

    async def check(due: DueCheck) -> Finding:
        if due.link_id in slow or len(slow) < MAX_FOLLOWED_AT_ONCE - 1:
            slow.add(due.link_id)
            await answer.wait()
        return OK

    async def all_checked() -> bool:
        return await checked(own_sessions) == len(links)

    async def the_others_checked() -> bool:
        return await checked(own_sessions) == len(links) - len(slow)

    async with keeping_checks(own_sessions, check):
        await until(the_others_checked)
        answer.set()
        await until(all_checked)


async def test_two_processes_follow_each_destination_once(own_sessions: Sessions, links: list[Link]) -> None:
    followed: list[UUID] = []

    async def check(due: DueCheck) -> Finding:
        followed.append(due.link_id)
        return GONE

    async def all_checked() -> bool:
        return await checked(own_sessions) == len(links)

    async with keeping_checks(own_sessions, check), keeping_checks(own_sessions, check):
        await until(all_checked)
    assert sorted(followed) == sorted(link.id for link in links)
    async with own_sessions() as session:
        written = select(func.count()).where(col(AuditEntry.action) == "link.destination_broken")
        assert (await session.exec(written)).one() == len(links)


async def test_no_transaction_is_open_during_a_request(own_sessions: Sessions, links: list[Link]) -> None:
    """An update of the link does not wait for a slow page, and the outdated finding is dropped."""
    asked, answer = asyncio.Event(), asyncio.Event()

    async def check(due: DueCheck) -> Finding:
        if due.link_id == links[0].id and due.destination == links[0].destination:
            asked.set()
            await answer.wait()
            return GONE
        return OK

    async def changed_one_is_ok() -> bool:
        async with own_sessions() as session:
            row = await session.get_one(DestinationCheck, (links[0].id, "default"))
            return row.verdict == "ok"

    async with keeping_checks(own_sessions, check):
        await asyncio.wait_for(asked.wait(), 10)
        async with own_sessions() as session, session.begin():
            link = await session.get_one(Link, links[0].id, with_for_update=True)
            link.destination = "https://daftar.example/baru"
            await schedule_checks(session, link, now=datetime.now().astimezone())
        answer.set()
        await until(changed_one_is_ok)
    async with own_sessions() as session:
        written = select(func.count()).where(col(AuditEntry.action) == "link.destination_broken")
        assert (await session.exec(written)).one() == 0


async def test_continues_after_database_errors_and_failed_checks(own_sessions: Sessions, links: list[Link]) -> None:
    away = 3
    raised: set[UUID] = set()

    def sessions() -> AbstractAsyncContextManager[AsyncSession]:
        nonlocal away
        if away:
            away -= 1
            raise OperationalError("SELECT", {}, OSError("away"))
        return own_sessions()

    async def check(due: DueCheck) -> Finding:
        if len(raised) < 3:
            raised.add(due.link_id)
            raise RuntimeError("a fault of ours")
        return OK

    async def the_others_checked() -> bool:
        return await checked(own_sessions) == len(links) - 3

    async with keeping_checks(sessions, check):
        await until(the_others_checked)
    assert away == 0
    async with own_sessions() as session, session.begin():
        later = datetime.now().astimezone() + timedelta(minutes=6)
        again = await claim_due(session, now=later, limit=50)
    assert {due.link_id for due in again} == raised


async def test_a_database_that_hangs_is_given_up(own_sessions: Sessions, links: list[Link]) -> None:
    hung = 0

    @asynccontextmanager
    async def hanging() -> AsyncIterator[AsyncSession]:
        nonlocal hung
        hung += 1
        await asyncio.sleep(60)
        yield own_sessions()

    async def hung_twice() -> bool:
        return hung >= 2

    async def check(_: DueCheck) -> Finding:
        raise AssertionError

    async with keeping_checks(hanging, check, database_seconds=0.05):
        await until(hung_twice)
    assert await checked(own_sessions) == 0


async def test_rows_locked_by_another_process_are_skipped(
    own_sessions: Sessions, links: list[Link], now: datetime
) -> None:
    async with own_sessions() as first, first.begin(), own_sessions() as second, second.begin():
        held = await claim_due(first, now=now, limit=10)
        others = await claim_due(second, now=now, limit=50)
        assert len(held) == 10
        assert {due.link_id for due in held}.isdisjoint({due.link_id for due in others})
        assert len(others) == len(links) - 10


async def test_a_change_under_way_is_waited_for_and_wins(
    own_sessions: Sessions, links: list[Link], now: datetime
) -> None:
    async with own_sessions() as session, session.begin():
        due = {one.link_id: one for one in await claim_due(session, now=now, limit=50)}[links[0].id]

    async def record() -> bool:
        async with own_sessions() as session, session.begin():
            return await record_finding(session, due, GONE, now=now)

    async with own_sessions() as session, session.begin():
        link = await session.get_one(Link, links[0].id, with_for_update=True)
        link.destination = "https://daftar.example/baru"
        await schedule_checks(session, link, now=now)
        recording = asyncio.create_task(record())

        async def is_waiting() -> bool:
            statement = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            async with own_sessions() as other:
                return bool(await (await other.connection()).scalar(statement) == 1)

        await until(is_waiting)
        assert not recording.done()
    assert await recording is False
