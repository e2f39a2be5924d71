"""A real PostgreSQL for the whole run, migrated by Alembic; each test runs in a transaction that is rolled back.

`JARING_TEST_POSTGRES_BIN` runs the suite on other binaries, such as PostgreSQL 15's.
"""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from api.main import create_api
from campaigns.kit.database import make_engine
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.migrations import migrate, newest_revision
from campaigns.kit.sealing import derive_keys, new_master_key
from campaigns.kit.settings import Settings
from tests.contract.checked_client import CheckedTransport
from tests.factories.world import World, build_world


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    binaries = os.environ.get("JARING_TEST_POSTGRES_BIN")
    with tempfile.TemporaryDirectory(prefix="jaring-test-") as folder:
        server = EmbeddedPostgres(Path(folder), binaries=Path(binaries) if binaries else None)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
def database_url(postgres: EmbeddedPostgres) -> str:
    migrate(postgres.url)
    return postgres.url


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres) -> str:
    """The name of a migrated database that nobody is connected to, to make copies of."""
    with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
        connection.execute("CREATE DATABASE template_jaring")
    migrate(postgres.url.replace("/jaring?", "/template_jaring?"))
    return "template_jaring"


@pytest.fixture
def own_database(postgres: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The URL of a database for this test alone, for what needs real commits over several connections."""
    name = f"own_{uuid4().hex}"
    with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
    yield postgres.url.replace("/jaring?", f"/{name}?")
    with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = make_engine(database_url, pool_size=4, statement_timeout_seconds=15)
    yield engine
    await engine.dispose()


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that ends with the test; commits inside it are savepoints."""
    async with engine.connect() as connection:
        outer = await connection.begin()
        yield connection
        await outer.rollback()


@pytest.fixture
def sessions(connection: AsyncConnection) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(
        connection, class_=AsyncSession, expire_on_commit=False, join_transaction_mode="create_savepoint"
    )


@pytest.fixture
async def session(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def settings() -> Settings:
    return Settings(signup_floor_milliseconds=0, public_url="https://jaring.example")


@pytest.fixture
def context(sessions: async_sessionmaker[AsyncSession], settings: Settings) -> Context:
    return Context(
        settings=settings,
        keys=derive_keys(new_master_key()),
        sessions=sessions,
        newest_revision=newest_revision(),
        taps_waiting=lambda: 0,
    )


@pytest.fixture
def app(context: Context, settings: Settings) -> FastAPI:
    app = create_api(settings)
    app.state.context = context  # the ASGI transport runs no lifespan
    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose every answer is checked against the OpenAPI document."""
    async with httpx.AsyncClient(transport=CheckedTransport(app), base_url="http://testserver") as client:
        yield client


@pytest.fixture
async def world(session: AsyncSession, now: datetime) -> World:
    """Two provinces with a campaign each, and a key of every role for the first."""
    world = await build_world(session, now=now)
    await session.commit()
    return world
