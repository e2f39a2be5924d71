"""A line of COPY text fills the columns of the table it is for."""

import pytest
from sqlmodel import SQLModel

from campaigns.clicks.models import Click, OrphanTap
from campaigns.clicks.pg_copy import CopyTable
from campaigns.clicks.row import CLICKS, ORPHANS, TapRow, encode_click, encode_headers, encode_orphan

HEADERS = encode_headers(agent_id=-5, observed=12, language="id", referrer_host="l.instagram.com")
TAP = TapRow(b"i" * 16, 1_764_000_000_007, -7, "ID", HEADERS, "instagram", "qr", "ref=a%20b")
EMPTY = TapRow(
    b"i" * 16,
    0,
    0,
    None,
    encode_headers(agent_id=0, observed=0, language=None, referrer_host=None),
    None,
    None,
    None,
)


@pytest.mark.parametrize(("table", "model"), [(CLICKS, Click), (ORPHANS, OrphanTap)])
def test_every_column_of_the_table_is_filled_once(table: CopyTable, model: type[SQLModel]) -> None:
    stored = SQLModel.metadata.tables[table.name]
    assert stored is model.__table__  # type: ignore[attr-defined]
    required = {column.name for column in stored.columns if column.server_default is None}
    assert required <= set(table.columns) <= set(stored.columns.keys())
    assert len(table.columns) == len(set(table.columns))


def test_a_line_has_a_value_for_each_column() -> None:
    values = dict(zip(CLICKS.columns, encode_click(TAP, b"c" * 16, b"l" * 16, "a-1")[:-1].split(b"\t"), strict=True))
    assert values == {
        "campaign_id": b"63" * 16,
        "link_id": b"6c" * 16,
        "id": b"69" * 16,
        "clicked_at": b"2025-11-24 16:00:00.007+00",
        "visitor": b"-7",
        "country": b"ID",
        "agent_id": b"-5",
        "observed": b"12",
        "language": b"id",
        "referrer_host": b"l.instagram.com",
        "network": b"instagram",
        "via": b"qr",
        "variant": b"a-1",
        "extras": b"ref=a%20b",
    }
    orphan = dict(zip(ORPHANS.columns, encode_orphan(TAP, "no-link")[:-1].split(b"\t"), strict=True))
    assert orphan == {"slug": b"no-link"} | {name: values[name] for name in ORPHANS.columns[1:]}


def test_a_line_of_an_empty_tap_has_as_many() -> None:
    assert len(encode_click(EMPTY, b"c" * 16, b"l" * 16, None)[:-1].split(b"\t")) == len(CLICKS.columns)
    assert encode_click(EMPTY, b"c" * 16, b"l" * 16, None).count(b"\\N") == 7
    assert encode_orphan(EMPTY, "x").count(b"\\N") == 4
