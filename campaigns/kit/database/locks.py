"""Registry of PostgreSQL advisory locks: every number the project locks on, and how each is taken.

The numbers are arbitrary and must stay as they are: during an upgrade an old and a new release lock on the same ones.
"""

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from enum import IntEnum, unique

import psycopg
from sqlalchemy import ARRAY, Connection, Integer, cast, func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession


@unique
class AdvisoryLock(IntEnum):
    """The number of each lock; all share one space in the database."""

    MIGRATION = 7_265_110
    LINK_NAMES = 6_120_427
    LIKENESS = 4_180_533
    RECLASSIFY = 7_411_306_202


async def lock_until_commit(session: AsyncSession, lock: AdvisoryLock) -> None:
    """Wait for the lock and hold it until the session's transaction ends."""
    await session.exec(select(func.pg_advisory_xact_lock(lock.value)))


async def lock_digests_until_commit(session: AsyncSession, lock: AdvisoryLock, digests: Iterable[bytes]) -> None:
    """Wait for the locks of these digests and hold them until the session's transaction ends.

    They are taken in one order, so that two transactions never wait for each other. The lock's number must fit into 32
    bits: these locks have a space of their own in the database, of pairs of numbers.
    """
    numbers = sorted({int.from_bytes(digest[:4], "big", signed=True) for digest in digests})
    taken = func.unnest(cast(numbers, ARRAY(Integer))).column_valued("number")
    await session.exec(select(func.pg_advisory_xact_lock(lock.value, taken)))


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
