"""An application on a database of its own with real commits on many connections, emptied after each test."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.http.context import CaptureState, Context, key_concurrency, key_rate
from api.main import create_api
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.database.migrations import newest_revision
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.encryption.cipher import derive_keys, new_master_key
from campaigns.kit.settings import Settings
from tests.contract.checked_client import CheckedTransport
from tests.factories.databases import copied_database
from tests.factories.world import World, build_world


@pytest.fixture(scope="module")
async def committing_engine(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[AsyncEngine]:
    """Ten connections to a fresh, migrated database, which is dropped afterwards."""
    with copied_database(postgres, template) as url:
        engine = make_engine(url, pool_size=10, statement_timeout_seconds=15)
        yield engine
        await engine.dispose()


@pytest.fixture
async def committing(committing_engine: AsyncEngine) -> AsyncIterator[Context]:
    """A running application's context, with a registration floor that a test can see."""
    settings = Settings(registration_minimum_milliseconds=5, public_url="https://jaring.example")
    yield Context(
        settings=settings,
        keys=derive_keys(new_master_key()),
        sessions=make_sessions(committing_engine),
        newest_revision=newest_revision(),
        capture=lambda: CaptureState(direct=True, in_memory=0, in_journal=0, lost=0),
        listeners={},
        running=key_concurrency(settings),
        key_rate=key_rate(settings),
    )
    async with committing_engine.begin() as connection:
        # Tables that refuse it are append-only for the application, not for a test that cleans up.
        await connection.execute(text("SET session_replication_role = replica"))
        await connection.execute(text("TRUNCATE units CASCADE"))
        await connection.execute(text("TRUNCATE applicants, click_claims, idempotency_records CASCADE"))
        await connection.execute(text("SET session_replication_role = origin"))


@pytest.fixture
async def committed_world(committing: Context) -> World:
    async with committing.sessions() as session, session.begin():
        return await build_world(session, now=datetime.now(UTC))


@pytest.fixture
def committing_app(committing: Context) -> FastAPI:
    app = create_api(committing.settings)
    app.state.context = committing
    return app


@pytest.fixture
async def committing_client(committing_app: FastAPI, committed_world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application whose world is committed."""
    async with httpx.AsyncClient(transport=CheckedTransport(committing_app), base_url="http://testserver") as client:
        yield client
