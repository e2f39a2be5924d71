"""Database sessions of requests: one request, one transaction.

`UnitOfWork` and `ReadSession` are function-scoped, so that they end *before* the response is sent: with FastAPI's
default scope a commit that fails would still answer 201. No session lives while a response is sent, since a client that
reads slowly would hold its connection: a streamed response opens short sessions of its own, from `Context.sessions`.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import CurrentContext
from campaigns.kit.database.notifications import sent_notifications


async def unit_of_work(context: CurrentContext) -> AsyncIterator[AsyncSession]:
    """A session that commits when the handler returns and rolls back when it raises.

    This process' own caches get its notifications before the response is sent.
    """
    async with context.sessions() as session:
        async with session.begin():
            yield session
        for channel, payload in sent_notifications(session):
            if listener := context.listeners.get(channel):
                listener(payload)


async def read_session(context: CurrentContext) -> AsyncIterator[AsyncSession]:
    """A session for reading; it is rolled back at the end."""
    async with context.sessions() as session:
        yield session


UnitOfWork = Annotated[AsyncSession, Depends(unit_of_work, scope="function")]
ReadSession = Annotated[AsyncSession, Depends(read_session, scope="function")]
