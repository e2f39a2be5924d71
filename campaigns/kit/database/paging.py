"""Keyset pages over version 7 ids, newest first: an id orders like the time its row was made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy.orm.attributes import InstrumentedAttribute
from sqlmodel.ext.asyncio.session import AsyncSession

T = TypeVar("T")


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


async def fetch_page(session: AsyncSession, statement: Any, *, key: Any, request: PageRequest) -> Page[Any]:
    """Run a select as one page ordered by `key`, descending; rows of several columns must start with the entity."""
    column: InstrumentedAttribute[UUID] = key
    if request.after is not None:
        statement = statement.where(column < request.after)
    # One row more than asked for tells whether there is a next page, without counting.
    rows = (await session.exec(statement.order_by(column.desc()).limit(request.limit + 1))).all()
    items = rows[: request.limit]
    if len(rows) <= request.limit:
        return Page(items, None)
    last = items[-1]
    return Page(items, (last if hasattr(last, "id") else last[0]).id)
