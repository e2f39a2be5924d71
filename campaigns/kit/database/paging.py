"""Keyset pages over version 7 ids, newest first: an id orders like the time its row was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, TypeVarTuple
from uuid import UUID

from sqlalchemy import Select, SQLColumnExpression
from sqlalchemy.engine import Row
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.rows import fetch_rows, fetch_values

T = TypeVar("T")
Columns = TypeVarTuple("Columns")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Up to `limit` rows that come after the id `after` (None: from the newest)."""

    limit: int
    after: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows, and the id to ask on from; None when these are the last."""

    items: Sequence[T]
    next_after: UUID | None


class Identified(Protocol):
    """A table's row with a version 7 id."""

    id: UUID


Entity = TypeVar("Entity", bound=Identified)


async def fetch_page(
    session: AsyncSession, statement: Select[Entity], *, key: SQLColumnExpression[UUID], request: PageRequest
) -> Page[Entity]:
    """Run a select of entities as one page ordered by their id `key`, descending."""
    # One row more than asked for tells whether there is a next page, without counting.
    rows = await fetch_values(session, _paged(statement, key, request))
    items = rows[: request.limit]
    return Page(items, items[-1].id if len(rows) > request.limit else None)


async def fetch_page_of_rows(
    session: AsyncSession,
    statement: Select[Entity, *Columns],
    *,
    key: SQLColumnExpression[UUID],
    request: PageRequest,
) -> Page[Row[Entity, *Columns]]:
    """The same for a select of several columns, the first of which is the entity."""
    rows = await fetch_rows(session, _paged(statement, key, request))
    items = rows[: request.limit]
    return Page(items, items[-1][0].id if len(rows) > request.limit else None)


def _paged(statement: Select[*Columns], key: SQLColumnExpression[UUID], request: PageRequest) -> Select[*Columns]:
    if request.after is not None:
        statement = statement.where(key < request.after)
    return statement.order_by(key.desc()).limit(request.limit + 1)
