"""PostgreSQL reads COPY text back unchanged, for any value and any block of lines."""

from collections.abc import AsyncIterator
from itertools import chain

import psycopg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.clicks.pg_copy import copy_block, copy_text
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from tests.properties import hostile
from tests.properties.bounds import bounded

Line = tuple[str | None, str | None]

# NUL is left out: no text of PostgreSQL holds it, and whoever reads what came in takes it out (test_tap_headers.py).
cells = st.none() | st.text(hostile.characters.filter("\0".__ne__), max_size=20)
cells |= st.lists(st.sampled_from(["\\", ".", "N", "\n", "\r", "\t", "t", "\\.\n", ""]), max_size=5).map("".join)


@pytest.fixture
async def table(postgres: EmbeddedPostgres) -> AsyncIterator[psycopg.AsyncConnection]:
    """A connection with an empty table of its own."""
    async with await psycopg.AsyncConnection.connect(postgres.conninfo, autocommit=True) as connection:
        await connection.execute("CREATE TEMPORARY TABLE lines (place serial, one text, other text)")
        yield connection


@given(lines=st.lists(st.tuples(cells, cells), min_size=1, max_size=6))
@example([("\\.", None), ("\\N", "\\"), ("a\n\\.\nb", "\t"), ("\ud800", "\r\n")])
@bounded(100)
async def test_is_read_back_unchanged(table: psycopg.AsyncConnection, lines: list[Line]) -> None:
    block = b"".join(b"%s\t%s\n" % (copy_text(one), copy_text(other)) for one, other in lines)
    assert block.splitlines(keepends=True) == [line + b"\n" for line in block.split(b"\n")[:-1]]
    await copy_block(table, b"COPY lines (one, other) FROM STDIN", block)
    cursor = await table.execute("WITH gone AS (DELETE FROM lines RETURNING *) SELECT * FROM gone ORDER BY place")
    read = [row[1:] for row in await cursor.fetchall()]
    assert list(chain(*read)) == [_storable(cell) for cell in chain(*lines)]


def _storable(cell: str | None) -> str | None:
    """What is no character becomes a question mark."""
    return None if cell is None else cell.encode("utf-8", "replace").decode()
