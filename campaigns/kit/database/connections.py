"""Plain psycopg connections, for code that the redirect's process loads without SQLAlchemy.

They wait for no answer without a limit. PostgreSQL's own limits, such as `statement_timeout`, do not help where
PostgreSQL itself does not answer: it may be frozen, or its commits may wait for a replica that is gone.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

# Each call lends one connection in autocommit. Opening it raises psycopg.Error or OSError.
Connections = Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection]]

# How long data may be on its way to a machine that confirms nothing, and a silent connection unchecked.
TCP_OPTIONS = {
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}

T = TypeVar("T")


class BoundedConnection(psycopg.AsyncConnection[Any]):
    """Shuts its socket down when an answer takes longer than `answer_seconds`, so that the pending call fails."""

    answer_seconds: float

    async def wait(self, gen: PQGen[T], *given: Any, **named: Any) -> T:
        """As psycopg's; all that a connection or a cursor does passes through here."""
        timer = asyncio.get_running_loop().call_later(self.answer_seconds, shut_down, self)
        try:
            return await super().wait(gen, *given, **named)
        finally:
            timer.cancel()


def bounded_connect(answer_seconds: float) -> Callable[..., Awaitable[BoundedConnection]]:
    """A function that connects as psycopg does; calls of the connection raise OperationalError after so long."""

    async def connect(*given: Any, **named: Any) -> BoundedConnection:
        connection = await BoundedConnection.connect(*given, **{**TCP_OPTIONS, **named})
        connection.answer_seconds = answer_seconds
        return connection

    return connect


def shut_down(connection: psycopg.AsyncConnection[Any]) -> None:
    """Shut the connection's socket down: pending calls fail at once, and nothing waits for the server."""
    with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as own:
        own.shutdown(socket.SHUT_RDWR)
