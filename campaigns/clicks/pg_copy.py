"""PostgreSQL's COPY text format: encode values, describe tables and columns, and send a block of lines.

A block is sent with the fewest waits that the protocol allows: two, where a COPY through a cursor takes seven. Each
wait costs the event loop two system calls, and this runs for every commit of taps. It uses the generators of which
psycopg's own calls consist; the connection waits for the events that they yield.
"""

from dataclasses import dataclass
from functools import cached_property

import psycopg
from psycopg import pq
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.generators import fetch
from psycopg.waiting import Wait

# libpq buffers unsent data; with larger pieces it can block forever (psycopg issue 255).
PIECE_BYTES = 64 * 1024

NULL = rb"\N"
_ESCAPED = {ord("\\"): r"\\", ord("\t"): r"\t", ord("\n"): r"\n", ord("\r"): r"\r"}


@dataclass(frozen=True)
class CopyTable:
    """A table to copy to, and the columns of a line in their order."""

    name: str
    columns: tuple[str, ...]

    @cached_property
    def column_list(self) -> str:
        """The columns, separated by commas, for SQL."""
        return ", ".join(self.columns)

    @cached_property
    def copy_in(self) -> bytes:
        """The COPY statement."""
        return f"COPY {self.name} ({self.column_list}) FROM STDIN".encode()


def copy_text(value: str | None) -> bytes:
    """A value encoded for a line of COPY text (UTF-8; an unpaired surrogate becomes a question mark)."""
    if value is None:
        return NULL
    if value.isalnum():  # nothing to escape: true of most values, and takes a fifth of the time
        return value.encode()
    return value.translate(_ESCAPED).encode("utf-8", "replace")


async def copy_block(connection: psycopg.AsyncConnection, statement: bytes, block: bytes) -> None:
    """Run `COPY … FROM STDIN` with the block of lines; raises psycopg.Error as a cursor would.

    On a connection in autocommit, outside a transaction, it commits at once.
    """
    await connection.wait(_copy(connection.pgconn, statement, block))


def _copy(connection: pq.abc.PGconn, statement: bytes, block: bytes) -> PQGen[None]:
    connection.send_query(statement)
    yield from _flush(connection)
    yield from _expect(connection, pq.ExecStatus.COPY_IN)
    for start in range(0, len(block), PIECE_BYTES):
        piece = block[start : start + PIECE_BYTES]
        while connection.put_copy_data(piece) == 0:
            yield from _flush(connection)
    while connection.put_copy_end() == 0:
        yield from _flush(connection)
    yield from _flush(connection)
    yield from _expect(connection, pq.ExecStatus.COMMAND_OK)
    while (yield from fetch(connection)) is not None:
        pass


def _flush(connection: pq.abc.PGconn) -> PQGen[None]:
    # The socket nearly always takes all data at once, so try first and wait only if it did not.
    while connection.flush() == 1:
        yield Wait.W


def _expect(connection: pq.abc.PGconn, status: pq.ExecStatus) -> PQGen[None]:
    result = yield from fetch(connection)
    if result is None:
        raise psycopg.InterfaceError("the server ended the COPY without a result")
    if result.status != status:
        while (yield from fetch(connection)) is not None:
            pass
        raise error_from_result(result)
