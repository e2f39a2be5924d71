"""Advisory locks: how long each way of taking one holds it."""

import psycopg
from sqlalchemy import create_engine, text

from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.database.locks import AdvisoryLock, hold_session_lock, lock_until_commit, try_session_lock
from campaigns.kit.database.url import psycopg_conninfo, sqlalchemy_url

LOCK = AdvisoryLock.RECLASSIFY


def is_free(conninfo: str) -> bool:
    with psycopg.connect(conninfo, autocommit=True) as other:
        row = other.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        return bool(row and row[0])


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
            connection.execute(text("SELECT 1"))
            connection.commit()
            assert not is_free(conninfo)
            connection.execute(text("SELECT 1"))  # a transaction that is left open
        assert is_free(conninfo)
    engine.dispose()


async def test_only_if_it_is_free(own_database: str) -> None:
    conninfo = psycopg_conninfo(own_database)
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        async with try_session_lock(connection, LOCK) as taken:
            assert taken
            async with (
                await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as other,
                try_session_lock(other, LOCK) as taken_again,
            ):
                assert not taken_again
            assert not is_free(conninfo)
        assert is_free(conninfo)
