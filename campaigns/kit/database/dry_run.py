"""Dry runs: the work itself, on the database, and rolled back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum

from sqlmodel.ext.asyncio.session import AsyncSession


class RunMode(Enum):
    """Whether what is written stays. An operation whose writes others wait for is told, and need not hold them up."""

    REAL = "real"
    DRY = "dry"


@asynccontextmanager
async def dry_run(session: AsyncSession) -> AsyncIterator[None]:
    """Whatever is written inside is checked by the database as ever and is gone afterwards."""
    savepoint = await session.begin_nested()
    try:
        yield
    finally:
        await savepoint.rollback()
