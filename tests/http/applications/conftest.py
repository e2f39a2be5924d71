"""Applications to work with, and a counter of the SQL statements that reading them takes."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.applicants.models import Application
from tests.factories.intake import registered
from tests.factories.world import World

MakeApplication = Callable[..., Awaitable[Application]]


@pytest.fixture
def recruiter(world: World) -> dict[str, str]:
    return world.as_role(Role.RECRUITER)


@pytest.fixture
def application(client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime) -> MakeApplication:
    """Registers through the own unit's campaign and gives the stored row."""

    async def make(**changed: Any) -> Application:
        receipt = await registered(client, now, **changed)
        found = await session.exec(select(Application).where(Application.reference == receipt["reference"]))
        return found.one()

    return make


@pytest.fixture
def statements(connection: AsyncConnection) -> Iterator[list[str]]:
    """The SQL statements sent so far; clear it before what is to be counted."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(connection.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(connection.engine.sync_engine, "before_cursor_execute", note)
