"""A key of the national unit, and a counter of the SQL statements that a request takes."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from tests.factories.keys import headers_of_new_key
from tests.factories.world import World


@pytest.fixture
async def national(session: AsyncSession, world: World, now: datetime) -> dict[str, str]:
    """Headers of a request by an administrator of the national unit, which owns what all units share."""
    return await headers_of_new_key(session, unit=world.national, role=Role.ADMINISTRATOR, now=now)


@pytest.fixture
def statements(connection: AsyncConnection) -> Iterator[list[str]]:
    """The SQL statements sent so far; clear it before what is to be counted."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(connection.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(connection.engine.sync_engine, "before_cursor_execute", note)
