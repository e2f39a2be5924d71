"""Runs asynchronous domain code from a command: in one transaction, or in as many as it opens."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.engine import SessionFactory, make_engine, make_sessions

# Somebody is looking on. Some commands set longer limits of a statement than others.
ANSWER_SECONDS = 3600.0

T = TypeVar("T")


def in_transaction(url: str, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run `work` in a transaction that commits when it returns."""

    async def run(sessions: SessionFactory) -> T:
        async with sessions() as session, session.begin():
            return await work(session)

    return with_sessions(url, run)


def with_sessions(url: str, work: Callable[[SessionFactory], Awaitable[T]]) -> T:
    """Run `work`, which opens its own sessions."""

    async def run() -> T:
        engine = make_engine(url, pool_size=2, statement_timeout_seconds=60, answer_seconds=ANSWER_SECONDS)
        try:
            return await work(make_sessions(engine))
        finally:
            await engine.dispose()

    return asyncio.run(run())
