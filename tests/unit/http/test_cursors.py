"""Cursors of pages: opaque, and only cursors that were sent out are accepted."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.http.cursors import decode_cursor, encode_cursor
from campaigns.kit.errors import Invalid


@given(st.uuids())
def test_a_cursor_decodes_to_its_position(position: UUID) -> None:
    cursor = encode_cursor(position)
    assert decode_cursor(cursor, UUID) == (position,)
    assert len(cursor) == 22
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


@given(st.integers(-(2**63), 2**63 - 1), st.uuids())
def test_a_cursor_of_two_parts_decodes_to_its_position(number: int, place: UUID) -> None:
    cursor = encode_cursor(number, place)
    assert decode_cursor(cursor, int, UUID) == (number, place)
    with pytest.raises(Invalid):
        decode_cursor(cursor, UUID)


LINK_ID = UUID("0198f3a2-b7c8-7d3e-9a41-c0ffee000006")


def test_cursors_that_were_sent_out_keep_their_meaning() -> None:
    assert encode_cursor(LINK_ID) == "AZjzorfIfT6aQcD_7gAABg"
    assert decode_cursor("AZjzorfIfT6aQcD_7gAABg", UUID) == (LINK_ID,)
    assert encode_cursor(1840, LINK_ID) == "AAAAAAAABzABmPOit8h9PppBwP_uAAAG"
    assert decode_cursor("AAAAAAAABzABmPOit8h9PppBwP_uAAAG", int, UUID) == (1840, LINK_ID)


@given(st.one_of(st.text(), st.text(alphabet="AQgwz-_=+/ ", min_size=20, max_size=26)))
def test_anything_else_is_refused(cursor: str) -> None:
    try:
        position = decode_cursor(cursor, UUID)
    except Invalid:
        return
    assert encode_cursor(*position) == cursor


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
        decode_cursor(cursor, UUID)
    assert [(field.path, field.code) for field in refused.value.fields] == [(("cursor",), "bad-cursor")]
