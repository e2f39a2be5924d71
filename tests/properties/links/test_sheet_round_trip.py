"""An import reads an export back unchanged, and no cell is a formula for a spreadsheet program."""

import csv
import io
import re
import string
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from campaigns.kit.errors import FieldError
from campaigns.kit.ids import new_id
from campaigns.links.csv_sheets.format import header_text, read_fields, read_sheet, rows_text
from campaigns.links.models import Link
from campaigns.links.rules import normalize_fields
from tests.properties.bounds import bounded

BASE = "https://jaring.example/"
FORMULA = re.compile('[\\s"]*[=+\\-@\uff1d\uff0b\uff0d\uff20]')

# What a link can hold: texts without control characters, addresses without spaces and marks of direction too.
signs = st.sampled_from("'=+-@\",;|~ \uff1d\uff0b\u00a0\u2028\ufeff\u0130")
titles = st.text(signs | st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).filter(str.strip)
words = st.text(string.ascii_lowercase + string.digits, min_size=3, max_size=8)
address_signs = st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zs", "Zl", "Zp"], exclude_characters="\\")
addresses = st.text(address_signs, max_size=12).map("https://daftar.example/?q=".__add__)
EARLIEST, SPAN = datetime(2000, 1, 2, tzinfo=UTC), timedelta(days=100 * 365)
moments = st.none() | st.timedeltas(timedelta(0), SPAN).map(EARLIEST.__add__)
fields = st.fixed_dictionaries(
    {
        "name": titles,
        "slug": words.map("x-".__add__),
        "destination": addresses,
        "ended_destination": st.none() | addresses,
        "utm_term": st.none() | words,
        "utm_content": st.none() | words.map(".-_".join),
        "tags": st.lists(words, max_size=3),
        "state": st.sampled_from(["draft", "active", "paused", "retired"]),
        "starts_at": moments,
        "ends_at": moments,
        "pass_query": st.booleans(),
        "preview_title": st.none() | titles,
        "preview_description": st.none() | titles,
        "preview_image": st.none() | addresses,
    }
)


def settled(given_fields: dict[str, Any]) -> dict[str, Any]:
    """The fields as they are stored."""
    faults: list[FieldError] = []
    stored = normalize_fields(given_fields, hosts=["daftar.example"], path=(), errors=faults)
    assert not faults
    return stored


def link_of(stored: dict[str, Any]) -> Link:
    words: dict[str, Any] = {"utm_source": "instagram", "utm_medium": "social", "utm_campaign": "bintara"}
    return Link(campaign_id=new_id(), channel_id=new_id(), created_at=datetime.now(UTC), **words, **stored)


@given(
    rows=st.lists(fields, min_size=1, max_size=3),
    timezone=st.sampled_from(["Asia/Jakarta", "UTC", "America/St_Johns", "Australia/Lord_Howe"]).map(ZoneInfo),
    separator=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    above=st.sampled_from(["", "sep={}\r\n", "Daftar tautan\r\n\r\n"]),
    empty=st.integers(0, 3),
)
@bounded(120)
def test_is_read_back_unchanged(
    rows: list[dict[str, Any]], timezone: ZoneInfo, separator: str, encoding: str, above: str, empty: int
) -> None:
    stored = [settled(row) for row in rows]
    text = header_text() + rows_text(map(link_of, stored), short_link_base=BASE, timezone=timezone)
    for line in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator):
        assert not [cell for cell in line if FORMULA.match(cell)]
    again = io.StringIO(newline="")
    again.write(above.format(separator))
    for cells in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        csv.writer(again, delimiter=separator).writerow(cells + [""] * empty)
    for sheet in (text.encode(), again.getvalue().encode(encoding)):
        read = read_sheet(sheet)
        assert [row.number for row in read] == list(range(1, len(rows) + 1))
        for row, sent in zip(read, stored, strict=True):
            faults: list[FieldError] = []
            assert read_fields(row, timezone=timezone, errors=faults) == sent
            assert not faults
            assert (row.cells["campaign"], row.cells["source"], row.cells["medium"]) == (
                "bintara",
                "instagram",
                "social",
            )
