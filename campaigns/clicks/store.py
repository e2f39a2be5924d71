"""Store taps in PostgreSQL over one connection: by COPY, or by a merge if some may be stored already.

Used by the redirect and the drainer only, so it imports psycopg and nothing heavier. Each call has a time limit
(`within`, seconds), after which its socket is shut down. Cancelling the statement instead would wait for the server
that does not answer.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import psycopg

from campaigns.clicks.bots.bursts import LATE_AFTER, note_late_taps
from campaigns.clicks.pg_copy import CopyTable, copy_block
from campaigns.kit.database.connections import shut_down

_INSERT_AGENTS = (
    "INSERT INTO agents (id, text, reasons, expects, device, app, rules_version, first_seen_at)"
    " SELECT *, now() FROM unnest(%s::bigint[], %s::text[], %s::smallint[], %s::smallint[], %s::text[], %s::text[],"
    " %s::smallint[]) ON CONFLICT DO NOTHING"
)

# Overrides `off` in the settings of server, database or role; stricter values such as `remote_apply` stay.
_WAIT_FOR_DISK = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)

# id, text, reasons, expects, device, app, rules_version
AgentRow = Sequence[Any]


class TapStore:
    """One lazily opened connection; after psycopg.Error, OSError or TimeoutError the next call opens a new one.

    After such an error it is unknown whether the taps are stored, and they may still be stored later.
    """

    def __init__(self, conninfo: str, *, application_name: str) -> None:
        self._conninfo = conninfo
        self._application_name = application_name
        self._connection: psycopg.AsyncConnection | None = None
        self._careful: bool  # once there is a connection

    async def add(self, table: CopyTable, block: bytes, agents: Sequence[AgentRow], *, within: float) -> None:
        """Store new taps; raises IntegrityError if one is stored already."""
        async with self._bounded(within) as connection:
            if agents:
                # Before the taps, so that no tap refers to an agent that is not stored.
                await connection.execute(_INSERT_AGENTS, _by_column(agents))
            await copy_block(connection, table.copy_in, block)

    async def merge(self, table: str, columns: str, block: bytes, agents: Sequence[AgentRow], *, within: float) -> None:
        """Store the taps that are not stored yet, in one transaction."""
        async with self._bounded(within) as connection, connection.transaction():
            if agents:
                await connection.execute(_INSERT_AGENTS, _by_column(agents))
            await connection.execute(
                f"CREATE TEMPORARY TABLE taps_again (LIKE {table} INCLUDING DEFAULTS) ON COMMIT DROP".encode()
            )
            await copy_block(connection, f"COPY taps_again ({columns}) FROM STDIN".encode(), block)
            await connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {columns} FROM taps_again"  # noqa: S608 - names of our own
                " ON CONFLICT DO NOTHING".encode()
            )
            await _note_late_taps(connection)

    async def execute(self, statement: str, values: Sequence[Any] = (), *, within: float) -> None:
        """Run one statement, committed at once."""
        async with self._bounded(within) as connection:
            await connection.execute(statement.encode(), values)

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(psycopg.Error, OSError):
                await connection.close()

    async def _open(self, within: float) -> psycopg.AsyncConnection:
        if self._connection is None:
            async with asyncio.timeout(within):
                self._connection = await psycopg.AsyncConnection.connect(
                    self._conninfo,
                    autocommit=True,
                    application_name=self._application_name,
                    prepare_threshold=None,
                    keepalives_idle=30,
                    # Lines and agents are UTF-8; this overrides PGCLIENTENCODING and the setting of the database.
                    client_encoding="utf8",
                )
                self._careful = False
        return self._connection

    @contextlib.asynccontextmanager
    async def _bounded(self, within: float) -> AsyncIterator[psycopg.AsyncConnection]:
        """The connection; after `within` seconds its socket is shut down, so that pending calls fail."""
        loop = asyncio.get_running_loop()
        until = loop.time() + within
        connection = await self._open(within)
        timer = loop.call_at(until, shut_down, connection)
        try:
            if not self._careful:
                # Inside the time limit, since it can hang too. Without it a commit could be lost in a crash.
                await connection.execute(_WAIT_FOR_DISK)
                self._careful = True
            yield connection
        except (psycopg.DataError, psycopg.IntegrityError):
            raise  # the server rejected the data; the connection is still usable
        except BaseException:
            await self.close()
            raise
        finally:
            timer.cancel()


async def _note_late_taps(connection: psycopg.AsyncConnection) -> None:
    """Report late taps, so that they are searched for bursts; each round searches the last minutes again anyway."""
    cursor = await connection.execute(
        "SELECT min(clicked_at) FROM taps_again HAVING min(clicked_at) < now() - %s", (LATE_AFTER,)
    )
    row = await cursor.fetchone()
    if row is not None:
        await note_late_taps(connection, since=row[0])


def _by_column(agents: Sequence[AgentRow]) -> list[list[Any]]:
    # Sorted by key, so that two processes that insert the same agents cannot deadlock.
    ordered = sorted(agents, key=lambda row: row[0])
    return [list(column) for column in zip(*ordered, strict=True)]
