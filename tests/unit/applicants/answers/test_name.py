"""Names: what people are called is accepted, what nobody can read is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.applicants.answers.name import MAX_MARKS, comparable_name, read_name
from campaigns.applicants.types import AnswerError
from campaigns.kit.text.typed import plain_line


@pytest.mark.parametrize(
    "name",
    [
        *("O", "Y", "Sari", "Sari Contoh", "M. Alfatih 2nd", "D'Costa-Wira, S.H.", "O\u2019Neil", "Nguyễn Thị Ánh"),
        *("李", "สมชาย", "ရွှေ", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd", "মুহাম্মদ", "X Æ A-12", "Ⓐnna"),
    ],
)
def test_a_name_is_what_a_person_says_it_is(name: str) -> None:
    assert read_name(name) == name


@pytest.mark.parametrize("name", ["...", "-", "123", "\u0301\u0308", "\U0001f338", "' '", "@", "\u0e31"])
def test_a_name_has_a_letter(name: str) -> None:
    with pytest.raises(AnswerError) as refused:
        read_name(name)
    assert refused.value.code == "no-letters"


def test_a_letter_has_few_marks() -> None:
    assert read_name("S" + "\u0323\u0301\u0308\u0307"[:MAX_MARKS] + "ari")
    assert read_name("a\u0489\u0301" * 40)
    for name in ("S" + "\u0301" * (MAX_MARKS + 1) + "ari", "\u1eac" + "\u0301" * (MAX_MARKS - 1)):
        with pytest.raises(AnswerError) as refused:
            read_name(name)
        assert refused.value.code == "too-many-marks"


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_any_text_is_a_name_or_a_refusal(typed: str) -> None:
    line = plain_line(typed)
    try:
        assert read_name(line) == line
    except AnswerError as refused:
        code = refused.code
    else:
        code = ""
    assert code in ("", "no-letters", "too-many-marks")
    comparable_name(line).encode()


@pytest.mark.parametrize(
    "same",
    [
        ("Sari Contoh", "CONTOH  sari", "Sari, Contoh.", "Sárî Contoh", "\uff33\uff41\uff52\uff49 Contoh"),
        ("D'Costa", "Dcosta", "D\u2019Costa"),
        ("Straße", "STRASSE"),
    ],
)
def test_spellings_of_a_name_compare_equal(same: tuple[str, ...]) -> None:
    assert len({comparable_name(name) for name in same}) == 1


def test_names_that_differ_compare_unequal() -> None:
    names = ("Sari", "Sara", "राम", "रोम", "Sari Contoh")
    assert len({comparable_name(name) for name in names}) == len(names)
