"""Only signed click tokens are read; any other text gives None, without an exception."""

from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.clicks.tokens import TOKEN_LENGTH, read_click, sign_click
from campaigns.kit.ids import uuid7_bytes
from tests.properties import hostile
from tests.properties.bounds import bounded

KEY = b"k" * 32
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
ids = st.binary(min_size=16, max_size=16)
# Up to the year 10000, where Python's times end.
click_ids = st.builds(uuid7_bytes, st.integers(0, 253_402_300_799_999))


@given(token=hostile.texts | st.text(st.sampled_from(ALPHABET + "+/=\n \0\u0130"), min_size=58, max_size=62))
@example("=" * TOKEN_LENGTH)
@example("A" * (TOKEN_LENGTH - 1) + "=")
@example("\ud800" * TOKEN_LENGTH)
@bounded(300)
def test_garbage_is_no_token(token: str) -> None:
    assert read_click(KEY, token) is None


@given(click_id=click_ids, link_id=ids)
@bounded(100)
def test_what_was_signed_is_read(click_id: bytes, link_id: bytes) -> None:
    token = sign_click(KEY, click_id, link_id).decode("ascii")
    read = read_click(KEY, token)
    assert read is not None
    assert (read.click_id.bytes, read.link_id.bytes) == (click_id, link_id)
    assert read_click(b"j" * 32, token) is None


@given(click_id=click_ids, link_id=ids, symbol=st.sampled_from(ALPHABET) | st.characters(max_codepoint=255))
@bounded(40)
def test_one_other_symbol_makes_it_nothing(click_id: bytes, link_id: bytes, symbol: str) -> None:
    token = sign_click(KEY, click_id, link_id).decode("ascii")
    for place in range(TOKEN_LENGTH):
        changed = token[:place] + symbol + token[place + 1 :]
        # Python reads base64's own `+` and `/` as the `-` and `_` of base64url.
        same = changed.replace("+", "-").replace("/", "_") == token
        assert (read_click(KEY, changed) is not None) == same
