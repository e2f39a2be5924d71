"""Registry of PostgreSQL advisory locks: every number the project locks on, and how each is taken.

The numbers are arbitrary and must stay as they are: during an upgrade an old and a new release lock on the same ones.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import IntEnum, unique

import psycopg
from sqlalchemy import Connection, func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession


@unique
class AdvisoryLock(IntEnum):
    """The number of each lock; all share one space in the database."""

    MIGRATION = 7_265_110
    LINK_NAMES = 6_120_427
    RECLASSIFY = 7_411_306_202


async def lock_until_commit(session: AsyncSession, lock: AdvisoryLock) -> None:
    """Wait for the lock and hold it until the session's transaction ends."""
    await session.exec(select(func.pg_advisory_xact_lock(lock.value)))


@contextmanager
def hold_session_lock(connection: Connection, lock: AdvisoryLock) -> Iterator[None]:
    """Wait for the lock and hold it during the block, over several transactions.

    A transaction that the block leaves open is rolled back.
    """
    connection.execute(select(func.pg_advisory_lock(lock.value)))
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(select(func.pg_advisory_unlock(lock.value)))
        connection.commit()


@asynccontextmanager
async def try_session_lock(connection: psycopg.AsyncConnection, lock: AdvisoryLock) -> AsyncIterator[bool]:
    """Hold the lock during the block if it is free; yields whether it was.

    The connection must be in autocommit. If its process dies, the server releases the lock.
    """
    cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (lock.value,))
    ((taken,),) = await cursor.fetchall()
    yield taken
    if taken:
        await connection.execute("SELECT pg_advisory_unlock(%s)", (lock.value,))
