"""Pages by keyset: every row once, newest first, whatever the limit; and no more rows read than are shown."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy
from sqlalchemy import event, literal
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.paging import PageRequest, fetch_page, fetch_page_of_rows
from campaigns.planning.models import Unit
from tests.factories.world import World

Fetch = Callable[[AsyncSession, PageRequest], Awaitable[tuple[list[UUID], UUID | None]]]


async def of_entities(session: AsyncSession, request: PageRequest) -> tuple[list[UUID], UUID | None]:
    page = await fetch_page(session, select(Unit), key=col(Unit.id), request=request)
    return [unit.id for unit in page.items], page.next_after


async def of_rows(session: AsyncSession, request: PageRequest) -> tuple[list[UUID], UUID | None]:
    columns = sqlalchemy.select(Unit, literal("another column"))
    page = await fetch_page_of_rows(session, columns, key=col(Unit.id), request=request)
    return [unit.id for unit, _ in page.items], page.next_after


@pytest.mark.parametrize("fetch", [of_entities, of_rows])
class TestPages:
    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
    async def test_hold_every_row_once(self, session: AsyncSession, world: World, fetch: Fetch, limit: int) -> None:
        every = sorted((await session.exec(select(Unit.id))).all(), reverse=True)
        assert len(every) == 4
        items, after = await fetch(session, PageRequest(limit))
        pages = [items]
        while after is not None:
            items, after = await fetch(session, PageRequest(limit, after))
            pages.append(items)
        assert pages == [every[start : start + limit] for start in range(0, 4, limit)]

    async def test_read_one_row_more_than_they_show(
        self, session: AsyncSession, connection: AsyncConnection, world: World, fetch: Fetch
    ) -> None:
        read = list[int]()

        @event.listens_for(connection.sync_connection, "after_cursor_execute")
        def count(_connection: object, cursor: Any, *_: object) -> None:
            read.append(cursor.rowcount)

        await fetch(session, PageRequest(2))
        assert read[-1] == 3
