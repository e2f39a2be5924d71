"""A database of its own for tests that must really commit, which the rolled back transaction of the others cannot."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database import make_engine, make_sessions, psycopg_conninfo
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.migrations import migrate
from tests.factories.world import World, build_world

NAME = "committing_links"


@pytest.fixture(scope="module")
async def committing_url(postgres: EmbeddedPostgres) -> str:
    """The address of a fresh database, migrated; it goes with the server."""
    async with await psycopg.AsyncConnection.connect(psycopg_conninfo(postgres.url), autocommit=True) as connection:
        await connection.execute(f"CREATE DATABASE {NAME}".encode())
    url = make_url(postgres.url).set(database=NAME).render_as_string(hide_password=False)
    await asyncio.to_thread(migrate, url)
    return url


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
    """A connection that hears what is announced, as the redirect's does."""
    async with await psycopg.AsyncConnection.connect(psycopg_conninfo(committing_url), autocommit=True) as connection:
        await connection.execute(b"LISTEN jaring_links")
        yield connection
