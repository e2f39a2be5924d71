"""Engines and sessions for PostgreSQL, the only dialect."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

SessionFactory = Callable[[], AbstractAsyncContextManager[AsyncSession]]


def sqlalchemy_url(url: str) -> str:
    """The URL with the psycopg 3 driver named, whatever spelling of `postgresql://` came in."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", url, count=1)


def psycopg_conninfo(url: str) -> str:
    """The same URL as libpq understands it."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url, count=1)


def shown_url(url: str) -> str:
    """The URL without its password, for messages."""
    return make_url(sqlalchemy_url(url)).render_as_string(hide_password=True).replace("+psycopg", "", 1)


def make_engine(url: str, *, pool_size: int, statement_timeout_seconds: float) -> AsyncEngine:
    """An engine whose connections give up on a statement after the time-out and on a lock after 5 s."""
    options = f"-c statement_timeout={int(statement_timeout_seconds * 1000)} -c lock_timeout=5000 -c timezone=UTC"
    return create_async_engine(
        sqlalchemy_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        # A connection that a restarted server left dead is found by the ping and replaced, not handed to a request.
        pool_pre_ping=True,
        connect_args={"options": options, "connect_timeout": 5, "application_name": "jaring-api"},
        hide_parameters=True,
    )


def make_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    return async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


def violated_constraint(error: IntegrityError) -> str | None:
    """The name of the database constraint that refused the change."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None)
