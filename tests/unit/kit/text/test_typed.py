"""Typed text loses what cannot be seen, and nothing that can."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.kit.text.typed import plain_line, plain_spelling


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("\u202a+62 812\u202c", "+62 812"),
        ("\u200eSari\u200b Con\u00adtoh\ufeff", "Sari Contoh"),
        ("Sari\tContoh\r\nPutri\u2028x", "Sari Contoh Putri x"),
        ("I\u00a0\u202f\u2007\u3000Made", "I Made"),
        ("Sa\ufe0fri\U000e0041\u034f\u3164\uffa0\u115f\u180b", "Sari"),
        ("Sari\u0000\u0007\u0085Contoh", "Sari Contoh"),
        ("\u2066Sari\u2069\ufffc", "Sari"),
        ("Sari\uf8ff\U0010ffff\ud800", "Sari"),
        ("Jose\u200b\u0301", "José"),
        ("\u2800\u3164\u200b \u00ad", ""),
        ("O\u2019Neil \U0001f338", "O\u2019Neil \U0001f338"),
        ("", ""),
    ],
)
def test_a_line_is_plain(typed: str, read: str) -> None:
    assert plain_line(typed) == read


@pytest.mark.parametrize(
    "name",
    [
        "\u0646\u0631\u06af\u0633\u200c\u062e\u0627\u062a\u0648\u0646",  # Persian, not joined
        "\u0d30\u0d3e\u0d1c\u0d28\u0d4d\u200d",  # Malayalam, an old chillu at the end
        "\u0dc1\u0dca\u200d\u0dbb\u0dd3",  # Sinhala Sri
        "\u09b0\u200d\u09cd\u09af",  # Bengali ra and ya-phalaa
        "\ua9a0\ua9c0\u200c\ua9a4",  # Javanese with pangkon
    ],
)
def test_joiners_stay_where_a_script_needs_them(name: str) -> None:
    assert plain_line(name) == name
    assert plain_line(f"\u200d{name.replace(chr(0x200C), chr(0x200C) * 2)}") == name


@pytest.mark.parametrize("typed", ["Sa\u200cri", "\u200dSari", "Sari\u200c", "\u200c \u200d", "\u0627\u200c"])
def test_joiners_go_where_no_script_needs_them(typed: str) -> None:
    assert not set(plain_line(typed)) & {"\u200c", "\u200d"}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0812\u20133456\u20117890", "0812-3456-7890"),
        ("\uff10\uff18\uff11\uff12", "0812"),
        ("\u0660\u0668\u0661\u0662 \u06f0\u06f8", "0812 08"),
        ("\u2212\u2014\ufe63\uff0d\u2043", "-----"),
        ("d\u2019costa\uff20example\uff0ecom", "d'costa@example.com"),
    ],
)
def test_a_spelling_is_that_of_ascii(typed: str, read: str) -> None:
    assert plain_spelling(typed) == read


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_reading_again_changes_nothing_and_leaves_nothing_invisible(typed: str) -> None:
    for read in (plain_line(typed), plain_spelling(typed)):
        assert plain_line(read) == read == read.strip()
        assert {char for char in read if unicodedata.category(char)[0] == "C"} <= {"\u200c", "\u200d"}
        assert {char for char in read if unicodedata.category(char)[0] == "Z"} <= {" "}
    assert plain_spelling(plain_spelling(typed)) == plain_spelling(typed)


@given(st.text(st.characters(categories=["Lu", "Ll", "Lt", "Lo", "Nd", "Po", "Sm", "So"]), max_size=60))
def test_what_can_be_seen_stays(typed: str) -> None:
    invisible = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800", "\ufffc"}
    wanted = "".join(char for char in typed if char not in invisible)
    assert plain_line(typed).replace(" ", "") == unicodedata.normalize("NFC", wanted)
