"""Dry runs: the work itself, on the database, and taken back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlmodel.ext.asyncio.session import AsyncSession

_TRIED = "only_tried"


@asynccontextmanager
async def dry_run(session: AsyncSession) -> AsyncIterator[None]:
    """Whatever is written inside is checked by the database as ever and is gone afterwards."""
    savepoint = await session.begin_nested()
    session.info[_TRIED] = True
    try:
        yield
    finally:
        del session.info[_TRIED]
        await savepoint.rollback()


def is_dry_run(session: AsyncSession) -> bool:
    """Whether what is written now will be taken back; for what others would have to wait for in vain."""
    return _TRIED in session.info
