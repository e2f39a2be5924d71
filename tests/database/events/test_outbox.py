"""The outbox with real commits: each consumer reads every event once, in order, for any order of commits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import SYSTEM
from campaigns.events.models import Event
from campaigns.events.operations import (
    RETENTION,
    add_consumer,
    delete_read_events,
    read_batch,
    record_event,
    remove_consumer,
)
from campaigns.events.types import EventType
from campaigns.kit.database.engine import make_engine, make_sessions

Sessions = async_sessionmaker[AsyncSession]
CONSUMER = "messages"
NOW = datetime.fromisoformat("2026-11-25T03:00:00+07:00")


@pytest.fixture
async def sessions(own_database: str) -> AsyncIterator[Sessions]:
    """Sessions of a database of the test's own, which the consumer reads from its beginning."""
    engine = make_engine(own_database, pool_size=4, statement_timeout_seconds=15)
    sessions = make_sessions(engine)
    async with sessions() as session, session.begin():
        await add_consumer(session, CONSUMER)
    yield sessions
    await engine.dispose()


def record(session: AsyncSession, number: int, *, at: datetime = NOW) -> None:
    """An event about the object with this number."""
    record_event(session, SYSTEM, EventType.LINK_CREATED, object_id=UUID(int=number), unit_id=UUID(int=0), now=at)


async def committed(sessions: Sessions, *numbers: int, at: datetime = NOW) -> None:
    """Events recorded and committed in one transaction."""
    async with sessions() as session, session.begin():
        for number in numbers:
            record(session, number, at=at)


async def numbers_read(session: AsyncSession, *, consumer: str = CONSUMER, limit: int = 100) -> list[int]:
    return [event.object_id.int for event in await read_batch(session, consumer, limit=limit)]


async def read(sessions: Sessions, *, consumer: str = CONSUMER, limit: int = 100) -> list[int]:
    """The numbers of a batch that is read and committed."""
    async with sessions() as session, session.begin():
        return await numbers_read(session, consumer=consumer, limit=limit)


@asynccontextmanager
async def late_writer(sessions: Sessions, number: int) -> AsyncIterator[AsyncSession]:
    """A transaction that has stored its event and commits only when the block ends."""
    async with sessions() as session, session.begin():
        record(session, number)
        await session.flush()
        yield session


async def test_events_come_once_in_the_order_they_were_recorded(sessions: Sessions) -> None:
    await committed(sessions, 3, 1, 2)
    await committed(sessions, 4)
    assert await read(sessions) == [3, 1, 2, 4]
    assert await read(sessions) == []
    await committed(sessions, 5)
    assert await read(sessions) == [5]


async def test_batches_are_no_longer_than_asked_for(sessions: Sessions) -> None:
    await committed(sessions, 1, 2, 3)
    await committed(sessions, 4, 5)
    assert [await read(sessions, limit=2) for _ in range(4)] == [[1, 2], [3, 4], [5], []]


async def test_a_batch_is_empty_only_if_no_event_waits(sessions: Sessions) -> None:
    await committed(sessions, 1, 2)
    assert await read(sessions, limit=2) == [1, 2]
    await committed(sessions, 3)
    assert await read(sessions, limit=2) == [3]


async def test_an_event_that_is_committed_later_than_a_newer_one_is_not_skipped(sessions: Sessions) -> None:
    async with late_writer(sessions, 1):
        await committed(sessions, 2)
        assert await read(sessions) == [2]
        assert await read(sessions) == []
    assert await read(sessions) == [1]
    assert await read(sessions) == []


async def test_an_event_that_is_committed_between_two_parts_of_a_batch_comes_after_it(sessions: Sessions) -> None:
    async with late_writer(sessions, 1):
        await committed(sessions, 2, 3, 4)
        assert await read(sessions, limit=2) == [2, 3]
    await committed(sessions, 5)
    assert await read(sessions, limit=2) == [4]
    assert await read(sessions) == [1, 5]


async def test_events_visible_to_a_transaction_come_before_its_own(sessions: Sessions) -> None:
    """Such as when the first of two registrations of a person waits for the second and becomes its repeat."""
    async with sessions() as early, early.begin():
        await early.exec(text("SELECT pg_current_xact_id()"))  # type: ignore[call-overload]
        async with late_writer(sessions, 9):
            await committed(sessions, 1)
            record(early, 2)
            await early.commit()
            assert await read(sessions) == [1, 2]
    assert await read(sessions) == [9]


async def test_a_reader_that_rolls_back_has_read_nothing(sessions: Sessions) -> None:
    await committed(sessions, 1, 2)
    async with sessions() as session:
        assert await numbers_read(session, limit=1) == [1]
        await session.rollback()
    assert await read(sessions) == [1, 2]


async def test_a_second_reader_gets_nothing_while_the_first_is_reading(sessions: Sessions) -> None:
    await committed(sessions, 1, 2)
    async with sessions() as first, first.begin():
        assert await numbers_read(first, limit=1) == [1]
        assert await read(sessions) == []
    assert await read(sessions) == [2]


async def test_an_event_of_a_rolled_back_change_is_never_read(sessions: Sessions) -> None:
    async with sessions() as session:
        record(session, 1)
        await session.flush()
        await session.rollback()
    await committed(sessions, 2)
    assert await read(sessions) == [2]


async def test_events_recorded_by_the_reader_come_in_a_later_batch(sessions: Sessions) -> None:
    await committed(sessions, 1)
    async with sessions() as session, session.begin():
        record(session, 2)
        assert await numbers_read(session) == [1]
    assert await read(sessions) == [2]


async def test_an_event_recorded_in_a_savepoint_belongs_to_the_whole_transaction(sessions: Sessions) -> None:
    async with sessions() as session, session.begin():
        async with session.begin_nested():
            record(session, 1)
        await session.flush()
        assert await read(sessions) == []
    assert await read(sessions) == [1]


async def test_consumers_read_apart_and_from_when_they_were_added(sessions: Sessions) -> None:
    await committed(sessions, 1)
    async with sessions() as session, session.begin():
        await add_consumer(session, "webhooks")
        await add_consumer(session, CONSUMER)  # which stays where it is
    await committed(sessions, 2)
    assert await read(sessions, consumer="webhooks") == [2]
    assert await read(sessions) == [1, 2]
    with pytest.raises(LookupError, match="figures"):
        await read(sessions, consumer="figures")


async def left(sessions: Sessions, *, now: datetime = NOW) -> int:
    """The number of events left after a clean-up."""
    async with sessions() as session, session.begin():
        before = (await session.exec(select(func.count()).select_from(Event))).one()
        deleted = await delete_read_events(session, kept=RETENTION, now=now)
        after = (await session.exec(select(func.count()).select_from(Event))).one()
        assert before - deleted == after
    return after


async def test_clean_up_keeps_recent_and_unread_events(sessions: Sessions) -> None:
    async with sessions() as session, session.begin():
        await add_consumer(session, "webhooks")
    await committed(sessions, 1, 2, at=NOW - RETENTION - timedelta(seconds=1))
    await committed(sessions, 3, at=NOW)
    assert await left(sessions) == 3
    assert await read(sessions) == [1, 2, 3]
    assert await left(sessions) == 3  # webhooks has not read them
    assert await read(sessions, consumer="webhooks", limit=1) == [1]
    assert await left(sessions) == 3  # nor the rest of its batch
    assert await read(sessions, consumer="webhooks") == [2, 3]
    assert await left(sessions) == 1
    assert await left(sessions, now=NOW + RETENTION) == 1
    assert await left(sessions, now=NOW + RETENTION + timedelta(seconds=1)) == 0


async def test_a_removed_consumer_keeps_nothing(sessions: Sessions) -> None:
    await committed(sessions, 1, at=NOW - RETENTION - timedelta(seconds=1))
    async with sessions() as session, session.begin():
        await remove_consumer(session, CONSUMER)
    assert await left(sessions) == 0


async def test_only_the_named_consumer_is_removed(sessions: Sessions) -> None:
    async with sessions() as session, session.begin():
        await add_consumer(session, "webhooks")
        await remove_consumer(session, CONSUMER)
    await committed(sessions, 1)
    assert await read(sessions, consumer="webhooks") == [1]
    with pytest.raises(LookupError, match=CONSUMER):
        await read(sessions)
