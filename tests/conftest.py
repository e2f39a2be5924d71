"""A real PostgreSQL for the whole run, migrated by Alembic; each test runs in a transaction that is rolled back.

`JARING_TEST_POSTGRES_BIN` runs the suite on other binaries, such as PostgreSQL 15's.
"""

import asyncio
import functools
import inspect
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import CaptureState, Context, key_concurrency, key_rate
from api.main import create_api
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.database.migrations import migrate, newest_revision
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.encryption.cipher import derive_keys, new_master_key
from campaigns.kit.settings import Settings
from tests.contract.checked_client import CheckedTransport
from tests.factories.databases import copied_database
from tests.factories.world import World, build_world, reloaded


def pytest_configure() -> None:
    """Restore SIGINT for programs that tests start, in case the run itself was started with `&` or nohup.

    A shell then ignores SIGINT for it, which every child inherits; a handler in its place is not inherited.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Cancel a coroutine test shortly before pytest-timeout would stop it.

    pytest-timeout leaves the event loop without ending the test's task, which would go on beside the tests that follow.
    """
    if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
        limit = item.config.getoption("timeout") or float(item.config.getini("timeout"))
        item.obj = _cancelled_after(limit * 0.9, item.obj)


def _cancelled_after(seconds: float, test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    @functools.wraps(test)
    async def limited(*arguments: Any, **named: Any) -> None:
        async with asyncio.timeout(seconds):
            await test(*arguments, **named)

    return limited


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    binaries = os.environ.get("JARING_TEST_POSTGRES_BIN")
    with tempfile.TemporaryDirectory(prefix="jaring-test-") as folder:
        server = EmbeddedPostgres(Path(folder), binaries=Path(binaries) if binaries else None)
        server.start()
        with psycopg.connect(server.conninfo, autocommit=True) as connection:
            # Nothing here outlives a crash of the machine; what a test of durability stops is a process.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
        yield server
        server.stop()


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
    with copied_database(postgres, template) as url:
        yield url


@pytest.fixture(scope="session")
async def engine(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[AsyncEngine]:
    """An empty database, for tests that do not ask for the world."""
    with copied_database(postgres, template) as url:
        engine = make_engine(url, pool_size=4, statement_timeout_seconds=15)
        yield engine
        await engine.dispose()


@pytest.fixture(scope="session")
async def settled(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[tuple[AsyncEngine, World]]:
    """A database with the world built once, since that takes longer than most tests."""
    with copied_database(postgres, template) as url:
        engine = make_engine(url, pool_size=4, statement_timeout_seconds=15)
        async with make_sessions(engine)() as session, session.begin():
            world = await build_world(session, now=datetime.now(UTC))
        yield engine, world
        await engine.dispose()


@pytest.fixture
def chosen_engine(request: pytest.FixtureRequest) -> AsyncEngine:
    """The database with the world for tests that use it, the empty one for the others."""
    engine: AsyncEngine
    if "world" in request.fixturenames:
        engine, _ = request.getfixturevalue("settled")
    else:
        engine = request.getfixturevalue("engine")
    return engine


@pytest.fixture
async def connection(chosen_engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that ends with the test; commits inside it are savepoints."""
    async with chosen_engine.connect() as connection:
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


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(registration_minimum_milliseconds=0, public_url="https://jaring.example")


@pytest.fixture
def context(sessions: async_sessionmaker[AsyncSession], settings: Settings) -> Context:
    return Context(
        settings=settings,
        keys=derive_keys(new_master_key()),
        sessions=sessions,
        newest_revision=newest_revision(),
        capture=lambda: CaptureState(direct=True, in_memory=0, in_journal=0, lost=0),
        listeners={},
        running=key_concurrency(settings),
        key_rate=key_rate(settings),
    )


@pytest.fixture(scope="session")
def shared_app(settings: Settings) -> FastAPI:
    """One application in a process: an application prepares each route at its first request, which takes long."""
    return create_api(settings)


@pytest.fixture
def app(shared_app: FastAPI, context: Context) -> Iterator[FastAPI]:
    """The application with this test's context; what a test overrides in it ends with the test."""
    shared_app.state.context = context  # the ASGI transport runs no lifespan
    yield shared_app
    shared_app.dependency_overrides.clear()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose every answer is checked against the OpenAPI document."""
    async with httpx.AsyncClient(transport=CheckedTransport(app), base_url="http://testserver") as client:
        yield client


@pytest.fixture
async def world(session: AsyncSession, settled: tuple[AsyncEngine, World]) -> World:
    """Two provinces with a campaign each, and a key of every role for the first; as this test's own objects."""
    return await reloaded(session, settled[1])
