"""A database of its own for tests that must really commit, which the rolled back transaction of the others cannot."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

import psycopg
import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from tests.factories.databases import copied_database
from tests.factories.world import World, build_world


@pytest.fixture(scope="module")
def committing_url(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The address of a fresh database, migrated."""
    with copied_database(postgres, template) as url:
        yield url


@pytest.fixture(scope="module")
async def committing_sessions(committing_url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    engine = make_engine(committing_url, pool_size=2, statement_timeout_seconds=15)
    yield make_sessions(engine)
    await engine.dispose()


@pytest.fixture(scope="module")
async def committed_world(committing_sessions: async_sessionmaker[AsyncSession]) -> World:
    async with committing_sessions() as session, session.begin():
        return await build_world(session, now=datetime.now().astimezone())


@pytest.fixture
async def listener(committing_url: str) -> AsyncIterator[psycopg.AsyncConnection]:
    """A connection that receives announcements, as the redirect's does."""
    async with await psycopg.AsyncConnection.connect(psycopg_conninfo(committing_url), autocommit=True) as connection:
        await connection.execute(b"LISTEN jaring_links")
        yield connection
