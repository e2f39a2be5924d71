"""Typed reads: a select of SQLAlchemy or SQLModel, and its rows with the types that the select gives them.

`AsyncSession.exec` of SQLModel is typed for SQLModel's own `select` only, which takes at most four columns, and its
`execute` warns. So these call the `execute` that SQLModel's session inherits from SQLAlchemy's.
"""

from collections.abc import Sequence
from typing import Any, TypeVar, TypeVarTuple, cast

from sqlalchemy import Select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import TypedReturnsRows
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.errors import NotFound

T = TypeVar("T")
Columns = TypeVarTuple("Columns")


async def fetch_rows(session: AsyncSession, statement: TypedReturnsRows[*Columns]) -> Sequence[Row[*Columns]]:
    """All rows of the statement, each with its columns in the order of the select."""
    return await session.run_sync(lambda sync: Session.execute(sync, statement).all())


async def fetch_values(session: AsyncSession, statement: TypedReturnsRows[T, *tuple[Any, ...]]) -> Sequence[T]:
    """The first column of all rows: entities, or the values of a single column."""
    return await session.run_sync(lambda sync: cast(Sequence[T], Session.execute(sync, statement).scalars().all()))


async def fetch_first(session: AsyncSession, statement: TypedReturnsRows[T, *tuple[Any, ...]]) -> T | None:
    """The first column of the first row; None without rows. Rows beyond the first are discarded unread."""
    return await session.run_sync(lambda sync: cast(T | None, Session.execute(sync, statement).scalars().first()))


async def fetch_existing(session: AsyncSession, statement: TypedReturnsRows[T, *tuple[Any, ...]], what: str) -> T:
    """The same where there must be a row; raises NotFound for `what`, such as `campaign`, without one."""
    found = await fetch_first(session, statement)
    if found is None:
        raise NotFound(what)
    return found


def locked(statement: Select[T], table: type) -> Select[T]:
    """The statement with its rows of `table` locked for a change until the transaction ends.

    `FOR NO KEY UPDATE`: rows that refer to them, such as a registration, can be added without waiting, since keys
    never change.
    """
    return statement.with_for_update(of=table, key_share=True)
