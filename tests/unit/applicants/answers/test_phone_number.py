"""Telephone numbers in the spellings that people and their phones write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.applicants.answers.phone_number import read_phone
from campaigns.applicants.types import AnswerError

SPELLINGS = [
    *("081234567890", "0812-3456-7890", "6281234567890", "62 812 3456 7890", "+62 812-3456-7890", "81234567890"),
    *("+62 (0)812 3456 7890", "(+62) 812-3456-7890", "(+62)81234567890", "(62) 812-34567890", "(0812) 3456 7890"),
    *("00 62 812 3456 7890", "0062(0)81234567890", "062 812 3456 7890", "+062 812 3456 7890", "+0812 3456 7890"),
    *("++62 812 3456 7890", "+62 62 812 3456 7890", "+62 0812 3456 7890", "+62(0812)3456-7890", "+ 62 812 3456 7890"),
    *("0812\u20133456\u20137890", "0812\u20113456\u20117890", "0812\u202f3456\u20077890", "0812\u00a03456\u00a07890"),
    *("\u202a+62 812-3456-7890\u202c", "\u202d081234567890\u202c", "\u200e081234567890", "081234567890\u200b"),
    *(
        "\ufeff081234567890",
        "\uff10\uff18\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10",
        "\uff0b\uff16\uff12\uff18\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff10",
        "٠٨١٢٣٤٥٦٧٨٩٠",
        "०८१२३४५६७८९०",
    ),
    *("0812.3456.7890", "0812/3456/7890", "0812_3456_7890", "0812·3456·7890", "08 12 34 56 78 90", "tel:081234567890"),
    *("tel:+62-812-3456-7890", "081234567890;ext=3", "0812 3456 7890 ext. 12", "081234567890 x5"),
]


@pytest.mark.parametrize("typed", SPELLINGS)
def test_every_spelling_is_one_number(typed: str) -> None:
    assert read_phone(typed) == "+6281234567890"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("(021) 555.1234", "+62215551234"),
        ("021 5551234 pes. 12", "+62215551234"),
        ("0628 12345", "+6262812345"),  # the area code 628, not Indonesia's
        ("062811234567", "+62811234567"),
        ("+65 8123 4567", "+6581234567"),
        ("0065 8123 4567", "+6581234567"),
        ("(+60) 12-345 6789", "+60123456789"),
        ("+670 7723 4567", "+67077234567"),
        ("+1 202 555 0123", "+12025550123"),
    ],
)
def test_other_numbers_are_their_own(typed: str, kept: str) -> None:
    assert read_phone(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", "12", "0812", "62", "+", "----", "0812-CALL-NOW", "WA 081234567890", "+999 1234567", "62+81234567890"),
        *("081234567890, 081298765432", "081234567890 081298765432", "110", "0" * 32, "9" * 32, "+62" * 10),
    ],
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(AnswerError) as refused:
        read_phone(typed)
    assert refused.value.code == "not-a-phone-number"


@pytest.mark.parametrize(
    "typed",
    [
        *("+979 1 2345 6789", "+1 900 555 0123", "0809 123 4567", "0800 123 4567", "1500 123", "+44 70 1234 5678"),
        *("+870 773 111 632", "+881 6 1234 5678", "+882 16 1234 5678", "+800 1234 5678"),
    ],
)
def test_numbers_of_services_and_satellites_are_refused(typed: str) -> None:
    with pytest.raises(AnswerError) as refused:
        read_phone(typed)
    assert refused.value.code == "not-a-personal-number"


@given(st.text(max_size=40) | st.text("0+6281() -.x#\u0660", max_size=40))
def test_any_text_is_a_number_or_a_refusal(typed: str) -> None:
    try:
        kept = read_phone(typed)
    except AnswerError:
        return
    assert kept.startswith("+")
    assert kept[1:].isascii()
    assert kept[1:].isdigit()
    assert read_phone(kept) == kept
