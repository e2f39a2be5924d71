"""E-mail addresses as people paste them, and which of them are one mailbox or resemble each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.applicants.answers.email_address import comparable_email, email_skeleton, read_email
from campaigns.applicants.types import AnswerError


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Sari@Example.COM", "Sari@example.com"),
        ("sari+polri@example.co.id", "sari+polri@example.co.id"),
        ("sari@xn--mnchen-3ya.de", "sari@münchen.de"),
        ("sari@example.com\u200b", "sari@example.com"),
        ("mailto:sari@example.com?subject=Halo", "sari@example.com"),
        ("MAILTO:sari@example.com", "sari@example.com"),
        ("<sari@example.com>", "sari@example.com"),
        ("Sari Contoh <sari@example.com>,", "sari@example.com"),
        ("<mailto:sari@example.com>", "sari@example.com"),
        ("sari@example.com.", "sari@example.com"),
        ("(sari@example.com);", "sari@example.com"),
        ("\u201csari@example.com\u201d", "sari@example.com"),
        ("'sari@example.com'", "sari@example.com"),
        ("sari @gmail. com", "sari@gmail.com"),
        ("\uff53\uff41\uff52\uff49\uff20\uff47\uff4d\uff41\uff49\uff4c\uff0e\uff43\uff4f\uff4d", "sari@gmail.com"),
        ("sari@gmail\u3002com", "sari@gmail.com"),
        ("sari\u2013contoh@example.com", "sari-contoh@example.com"),
        ("o\u2019neil@example.com", "o'neil@example.com"),
        ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
        ("sari@mailinator.com", "sari@mailinator.com"),
    ],
)
def test_an_address_is_read_as_it_was_meant(typed: str, kept: str) -> None:
    assert read_email(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        *("", "sari", "sari@", "@example.com", "sari@localhost", "sari@example", "a b@example.com", "a@b@example.com"),
        *("x" * 65 + "@example.com", f"x@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.example.com", "a..b@example.com"),
        *('"sari contoh"@example.com', "sari@[127.0.0.1]", "sari(at)example.com", "a@example.com b@example.com"),
        *("<a@example.com> <b@example.com>", "mailto:", "<>", "'"),
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(AnswerError) as refused:
        read_email(typed)
    assert refused.value.code == "not-an-email"


@given(st.text(max_size=60) | st.text("a@.<> ,'\"\u3002mailto:?", max_size=30))
def test_any_text_is_an_address_or_a_refusal(typed: str) -> None:
    try:
        kept = read_email(typed)
    except AnswerError:
        return
    assert read_email(kept) == kept
    assert comparable_email(kept) == comparable_email(kept.upper()) or not kept.isascii()
    assert "@" in email_skeleton(kept)


def test_spellings_of_a_mailbox_compare_equal() -> None:
    for spellings in (
        ("Sari@Example.com", "sari@example.COM", "SARI@EXAMPLE.COM"),
        ("sari@münchen.de", "SARI@xn--mnchen-3ya.de"),
        ("ﬁona@example.com", "fiona@example.com"),
    ):
        assert len({comparable_email(spelling) for spelling in spellings}) == 1


def test_an_address_that_the_library_no_longer_accepts_is_still_compared() -> None:
    assert comparable_email("Sari@Old.Invalid") == "sari@old.invalid"


@pytest.mark.parametrize(
    "similar",
    [
        ("budi.s@gmail.com", "budis@gmail.com", "budis+2@gmail.com", "b.u.d.i.s@googlemail.com", "BUDIS@gmail.com"),
        ("sari@example.com", "s\u0430ri@example.com", "sar\u0456@example.com", "s\u03b1ri@example.com"),
        ("+x@example.com", "+X@example.com"),
    ],
)
def test_varied_addresses_have_one_skeleton(similar: tuple[str, ...]) -> None:
    assert len({email_skeleton(email) for email in similar}) == 1
    assert email_skeleton(similar[0]) != email_skeleton("someone.else@example.com")
