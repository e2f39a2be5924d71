"""Engines and sessions for PostgreSQL, the only dialect."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import psycopg
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.connections import Connections, bounded_connect
from campaigns.kit.database.url import sqlalchemy_url

# A transaction in which nothing is asked for so long is ended by PostgreSQL, with its locks: nothing here thinks longer
# between two statements, and what waits for somebody outside must not wait inside a transaction.
IDLE_TRANSACTION_SECONDS = 60
# What PostgreSQL may take to end a statement whose time is over, and to say so.
GRACE_SECONDS = 5.0

SessionFactory = Callable[[], AbstractAsyncContextManager[AsyncSession]]


def make_engine(
    url: str, *, pool_size: int, statement_timeout_seconds: float, answer_seconds: float | None = None
) -> AsyncEngine:
    """An engine whose connections give up on a statement after the time-out, on a lock after 5 s, and which are
    closed with a transaction that stays idle.

    A connection on which PostgreSQL does not answer for `answer_seconds`, by default 5 s more than a statement may
    take, is given up.
    """
    limits = {
        "statement_timeout": int(statement_timeout_seconds * 1000),
        "lock_timeout": 5000,
        "idle_in_transaction_session_timeout": IDLE_TRANSACTION_SECONDS * 1000,
        "timezone": "UTC",
    }
    options = " ".join(f"-c {name}={value}" for name, value in limits.items())
    return create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        # A connection that a restarted server left dead is found by the ping and replaced, not handed to a request.
        pool_pre_ping=True,
        connect_args={
            "options": options,
            "connect_timeout": 5,
            "application_name": "jaring-api",
            "async_creator_fn": bounded_connect(answer_seconds or statement_timeout_seconds + GRACE_SECONDS),
        },
        hide_parameters=True,
    )


def make_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


def plain_connections(engine: AsyncEngine) -> Connections:
    """psycopg connections, in autocommit, out of the engine's pool. Raises OSError when none can be had."""
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def connection() -> AsyncIterator[psycopg.AsyncConnection]:
        try:
            async with autocommit.connect() as borrowed:
                raw = (await borrowed.get_raw_connection()).driver_connection
                if not isinstance(raw, psycopg.AsyncConnection):
                    raise TypeError("the engine's driver is not psycopg 3")
                yield raw
        except SQLAlchemyError as error:
            raise OSError("no database connection") from error

    return connection
