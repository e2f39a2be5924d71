"""Identifiers: version 7 UUIDs that order by time, and checksums that find typing errors."""

import time
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kit.ids import BASE62, SPOKEN_ALPHABET, checksum6, new_id, random_text, time_of, uuid7_at

MILLISECONDS = st.integers(min_value=946_684_800_000, max_value=4_133_980_799_999)  # the years 2000 to 2100


@given(st.integers(min_value=0, max_value=2**48 - 1))
def test_a_version_7_uuid_has_the_bits_of_the_standard(milliseconds: int) -> None:
    made = uuid7_at(milliseconds)
    assert made.int >> 80 == milliseconds  # RFC 9562, 5.7: unix_ts_ms
    assert made.int >> 76 & 0xF == 7  # ver
    assert made.int >> 62 & 0x3 == 0b10  # var
    assert made.version == 7


@given(MILLISECONDS)
def test_the_time_comes_back_to_the_millisecond(milliseconds: int) -> None:
    assert time_of(uuid7_at(milliseconds)) == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)


@given(MILLISECONDS, MILLISECONDS)
def test_ids_order_like_their_times(one: int, other: int) -> None:
    if one != other:
        assert (uuid7_at(one) < uuid7_at(other)) == (one < other)


def test_a_new_id_is_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = new_id()
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_all_74_other_bits_are_random() -> None:
    fixed = ~((0xF << 76) | (0x3 << 62)) & (1 << 80) - 1
    ones, zeros = 0, 0
    for _ in range(200):
        ones |= uuid7_at(0).int & fixed
        zeros |= ~uuid7_at(0).int & fixed
    # A bit that never took one of its values in 200 draws is not random (chance 2^-200 for each).
    assert (ones, zeros) == (fixed, fixed)
    assert fixed.bit_count() == 74


@pytest.mark.parametrize(
    ("text", "checksum"),
    [
        ("", "000000"),
        ("123456789", "3jZRME"),  # CRC-32's check value, 0xCBF43926
        ("a", "4GEHKN"),
        ("jrg_", "4Slf3Q"),
    ],
)
def test_checksums_of_known_texts(text: str, checksum: str) -> None:
    assert checksum6(text) == checksum


@given(st.text(alphabet=BASE62, max_size=60))
def test_a_checksum_spells_the_crc_in_six_symbols(text: str) -> None:
    value = 0
    for symbol in checksum6(text):
        value = value * 62 + BASE62.index(symbol)
    assert value == zlib.crc32(text.encode())
    assert len(checksum6(text)) == 6


@given(st.text(alphabet=BASE62, min_size=1, max_size=40), st.data())
def test_a_checksum_finds_any_single_wrong_symbol(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    wrong = data.draw(st.sampled_from(BASE62).filter(lambda symbol: symbol != text[place]))
    assert checksum6(text[:place] + wrong + text[place + 1 :]) != checksum6(text)


def test_a_checksum_is_of_ascii_only() -> None:
    with pytest.raises(UnicodeEncodeError):
        checksum6("\u00e9")


def test_the_spoken_alphabet_has_no_look_alikes() -> None:
    assert len(SPOKEN_ALPHABET) == len(set(SPOKEN_ALPHABET)) == 32
    assert not set("ILOU") & set(SPOKEN_ALPHABET)


def test_random_text_draws_every_symbol_of_its_alphabet() -> None:
    drawn = random_text("abc", 500)
    assert (len(drawn), set(drawn)) == (500, set("abc"))
    assert random_text(BASE62, 32) != random_text(BASE62, 32)
