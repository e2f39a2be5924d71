"""PostgreSQL reads the encoder's lines back as the same values, for any text."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.rows import dict_row

from campaigns.clicks.pg_copy import CopyTable, copy_block
from campaigns.clicks.row import CLICKS, ORPHANS, TapRow, encode_click, encode_headers, encode_orphan
from tests.database.clicks.stored import Stored

HOSTILE = ["\\", "\\N", "\\.", "\t", "\n", "\r\n", "a\tb\\nc", "", "ä🚓", "'; --", "\x01\x7f", "x" * 300, "\\\\t", "id"]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tap_of(text: str | None, *, number: int) -> tuple[TapRow, dict[str, Any]]:
    """A tap with the text in every text column and the number in the others, and its columns as stored."""
    tap_id, clicked_ms = uuid4(), 1_764_000_000_000 + number % 1000
    headers = encode_headers(agent_id=number, observed=number % 2**15, language=text, referrer_host=text)
    row = TapRow(tap_id.bytes, clicked_ms, number, text, headers, text, text, text)
    columns = {
        "id": tap_id,
        "clicked_at": EPOCH + timedelta(milliseconds=clicked_ms),
        "visitor": number,
        "agent_id": number,
        "observed": number % 2**15,
        **dict.fromkeys(("country", "language", "referrer_host", "network"), text),
    }
    return row, columns


async def copied(stored: Stored, table: CopyTable, lines: list[bytes]) -> dict[UUID, dict[str, Any]]:
    await copy_block(stored.connection, table.copy_in, b"".join(lines))
    async with stored.connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(f"SELECT * FROM {table.name}".encode())
        return {row["id"]: row for row in await cursor.fetchall()}


@pytest.mark.parametrize("number", [0, -(2**63), 2**63 - 1, 7])
async def test_a_click_is_read_back_unchanged(stored: Stored, number: int) -> None:
    lines, expected = [], {}
    for text in (*HOSTILE, None):
        row, columns = tap_of(text, number=number)
        campaign_id, link_id = uuid4(), uuid4()
        lines.append(encode_click(row, campaign_id.bytes, link_id.bytes, text))
        ids = {"campaign_id": campaign_id, "link_id": link_id}
        expected[columns["id"]] = columns | ids | dict.fromkeys(("via", "variant", "extras"), text)
    assert await copied(stored, CLICKS, lines) == expected


async def test_an_orphan_is_read_back_unchanged(stored: Stored) -> None:
    lines, expected = [], {}
    for text in HOSTILE:
        row, columns = tap_of(text, number=-3)
        lines.append(encode_orphan(row, text))
        expected[columns["id"]] = columns | {"slug": text}
    assert await copied(stored, ORPHANS, lines) == expected
