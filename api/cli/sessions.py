"""Runs asynchronous domain code from a command in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.engine import make_engine, make_sessions

T = TypeVar("T")


def in_transaction(url: str, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run `work` in a transaction that commits when it returns."""

    async def run() -> T:
        engine = make_engine(url, pool_size=2, statement_timeout_seconds=60)
        try:
            async with make_sessions(engine)() as session, session.begin():
                return await work(session)
        finally:
            await engine.dispose()

    return asyncio.run(run())
