"""Advisory locks: how long each way of taking one holds it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from sqlalchemy import create_engine, text

from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.database.locks import AdvisoryLock, hold_session_lock, lock_until_commit, try_session_lock
from campaigns.kit.database.url import psycopg_conninfo, sqlalchemy_url

LOCK = AdvisoryLock.RECLASSIFY


@pytest.mark.parametrize(
    ("lock", "number"),
    [
        (AdvisoryLock.MIGRATION, 7265110),
        (AdvisoryLock.LINK_NAMES, 6120427),
        (AdvisoryLock.RECLASSIFY, 7411306202),
    ],
)
async def test_the_numbers_are_those_of_every_release(own_database: str, lock: AdvisoryLock, number: int) -> None:
    # During an upgrade an old and a new release lock on the same ones.
    async with (
        await psycopg.AsyncConnection.connect(psycopg_conninfo(own_database), autocommit=True) as connection,
        try_session_lock(connection, lock),
    ):
        cursor = await connection.execute(
            "SELECT classid::bigint << 32 | objid::bigint FROM pg_locks WHERE locktype = 'advisory'"
            " AND pid = pg_backend_pid()"
        )
        assert await cursor.fetchall() == [(number,)]


def is_free(conninfo: str) -> bool:
    with psycopg.connect(conninfo, autocommit=True) as other:
        row = other.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        return bool(row and row[0])


@asynccontextmanager
async def unnoticed(connection: psycopg.AsyncConnection) -> AsyncIterator[None]:
    """PostgreSQL warns of nothing in the block, as it does if a lock is given back that is not held."""
    warnings = list[psycopg.errors.Diagnostic]()
    connection.add_notice_handler(warnings.append)
    yield
    assert not warnings


async def test_until_commit(own_database: str) -> None:
    conninfo = psycopg_conninfo(own_database)
    engine = make_engine(own_database, pool_size=1, statement_timeout_seconds=15)
    async with make_sessions(engine)() as session:
        await lock_until_commit(session, LOCK)
        assert not is_free(conninfo)
        await session.commit()
        assert is_free(conninfo)
    await engine.dispose()


def test_over_several_transactions(own_database: str) -> None:
    conninfo = psycopg_conninfo(own_database)
    engine = create_engine(sqlalchemy_url(own_database))
    with engine.connect() as connection:
        with hold_session_lock(connection, LOCK):
            assert not connection.in_transaction()
            connection.execute(text("SELECT 1"))
            connection.commit()
            assert not is_free(conninfo)
            connection.execute(text("CREATE TABLE left_open ()"))  # a transaction that is left open
        assert is_free(conninfo)
        assert not connection.in_transaction()
        connection.execute(text("CREATE TABLE left_open ()"))
    engine.dispose()


async def test_only_if_it_is_free(own_database: str) -> None:
    conninfo = psycopg_conninfo(own_database)
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        async with try_session_lock(connection, LOCK) as taken:
            assert taken
            async with (
                await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as other,
                unnoticed(other),
                try_session_lock(other, LOCK) as taken_again,
            ):
                assert taken_again is False
            assert not is_free(conninfo)
        assert is_free(conninfo)
