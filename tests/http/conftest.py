"""A counter of the SQL statements that a request takes."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection


@pytest.fixture
def statements(connection: AsyncConnection) -> Iterator[list[str]]:
    """The SQL statements sent so far; clear it before what is to be counted."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(connection.engine.sync_engine, "before_cursor_execute", note)
    yield sent
    event.remove(connection.engine.sync_engine, "before_cursor_execute", note)
