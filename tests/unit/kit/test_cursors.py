"""Cursors of pages: opaque, and only those that were sent out come in."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.paging import decode_cursor, encode_cursor
from campaigns.kit.errors import Invalid


@given(st.uuids())
def test_a_cursor_comes_back_as_its_position(position: UUID) -> None:
    cursor = encode_cursor(position)
    assert decode_cursor(cursor) == position
    assert len(cursor) == 22
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.one_of(st.text(), st.text(alphabet="AQgwz-_=+/ ", min_size=20, max_size=26)))
def test_anything_else_is_refused(cursor: str) -> None:
    try:
        position = decode_cursor(cursor)
    except Invalid:
        return
    assert encode_cursor(position) == cursor


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "A",
        "A" * 21,
        "A" * 23,
        "A" * 21 + "B",  # bits behind the last byte
        "A" * 22 + "==",
        "A" * 11 + "!" + "A" * 11,
        "A" * 22 + "\n",
        "\u00e9" * 22,
        "\x00" * 22,
    ],
)
def test_a_spelling_that_was_never_sent_out_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid) as refused:
        decode_cursor(cursor)
    assert [(field.path, field.code) for field in refused.value.fields] == [(("cursor",), "bad-cursor")]
