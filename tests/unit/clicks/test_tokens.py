"""Click tokens: a token not signed with the key is rejected."""

import base64
import hmac
from base64 import urlsafe_b64encode
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.clicks.tokens import TOKEN_LENGTH, read_click, sign_click
from campaigns.kit.encryption.cipher import derive_keys
from campaigns.kit.ids import time_of, uuid7_at

KEY = b"k" * 32
CLICK, LINK = uuid7_at(1_795_000_000_123), UUID(int=5)


def token() -> str:
    return sign_click(KEY, CLICK.bytes, LINK.bytes).decode()


def test_a_token_contains_what_was_signed() -> None:
    read = read_click(KEY, token())
    assert read is not None
    assert (read.click_id, read.link_id, read.clicked_at) == (CLICK, LINK, time_of(CLICK))
    assert read.clicked_at.timestamp() == 1_795_000_000.123
    assert len(token()) == TOKEN_LENGTH


def test_a_token_of_an_older_version_is_read() -> None:
    # Candidates keep tokens for weeks: those that an older version signed must stay valid.
    keys = derive_keys(base64.b64encode(bytes(range(32))).decode())
    token = "AQGQAAAAAHAAgAAAAAAAAAIBkAAAAABwAIAAAAAAAAADqb1TYnjuvRKYpZ8R"
    click, link = UUID("01900000-0000-7000-8000-000000000002"), UUID("01900000-0000-7000-8000-000000000003")
    assert sign_click(keys.click_token, click.bytes, link.bytes).decode() == token
    read = read_click(keys.click_token, token)
    assert read is not None
    assert (read.click_id, read.link_id) == (click, link)


@pytest.mark.parametrize("length", [0, 59, 61, 64, 120])
def test_a_token_of_another_length_says_nothing(length: int) -> None:
    assert read_click(KEY, (token() * 2)[:length]) is None


def test_a_token_of_another_format_says_nothing() -> None:
    body = b"\x02" + CLICK.bytes + LINK.bytes
    signed = urlsafe_b64encode(body + hmac.digest(KEY, body, "sha256")[:12]).decode()
    assert read_click(KEY, signed) is None


@pytest.mark.parametrize("more", ["!", " ", "\n", "=", "==", "é"])
def test_what_a_lenient_decoder_skips_is_not_skipped(more: str) -> None:
    assert read_click(KEY, token() + more) is None
    assert read_click(KEY, token()[:30] + more + token()[30:]) is None
    assert read_click(KEY, token()[: -len(more)] + more) is None


@pytest.mark.parametrize("place", range(TOKEN_LENGTH))
def test_any_changed_symbol_invalidates_it(place: int) -> None:
    good = token()
    changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
    assert read_click(KEY, changed) is None


def test_another_key_does_not_read_it() -> None:
    assert read_click(b"x" * 32, token()) is None


@given(st.text(max_size=80) | st.text(alphabet=st.characters(codec="ascii"), min_size=60, max_size=60))
def test_no_text_that_we_did_not_sign_is_accepted(text: str) -> None:
    assert read_click(KEY, text) is None


@example(key=b"k" * 64, click=CLICK.bytes)  # one block, and more than that
@example(key=b"k" * 65, click=CLICK.bytes)
@given(key=st.binary(min_size=1, max_size=100), click=st.binary(min_size=16, max_size=16))
def test_the_mac_is_the_standard_one(key: bytes, click: bytes) -> None:
    body = b"\x01" + click + LINK.bytes
    expected = urlsafe_b64encode(body + hmac.digest(key, body, "sha256")[:12])
    assert sign_click(key, click, LINK.bytes) == expected
