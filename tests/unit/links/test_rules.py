"""Valid slugs, and the normal form of term and content."""

from collections import Counter

import pytest

from campaigns.kit.errors import Invalid
from campaigns.links import rules
from campaigns.links.rules import (
    DRAWN_LENGTHS,
    RESERVED_SLUGS,
    SLUG_ALPHABET,
    draw_slug,
    fold_slug,
    fold_utm_value,
)


@pytest.mark.parametrize(
    ("text", "slug"),
    [("abc", "abc"), ("  Bintara-2027 ", "bintara-2027"), ("a-b", "a-b"), ("x" * 60, "x" * 60), ("2027", "2027")],
)
def test_folds_a_chosen_slug(text: str, slug: str) -> None:
    assert fold_slug(text, path=("slug",)) == slug


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "wrong-length"),
        ("ab", "wrong-length"),
        ("  ab  ", "wrong-length"),
        ("x" * 61, "wrong-length"),
        ("-abc", "not-a-slug"),
        ("abc-", "not-a-slug"),
        ("a--b", "not-a-slug"),
        ("a_b", "not-a-slug"),
        ("a b", "not-a-slug"),
        ("a\nb", "not-a-slug"),
        ("a\x00b", "not-a-slug"),
        ("caf\u00e9", "not-a-slug"),
        ("a/b", "not-a-slug"),
        ("\u0661\u0662\u0663", "not-a-slug"),  # digits of another script
        ("API", "reserved-slug"),
        ("well-known", "reserved-slug"),
        ("Apple-App-Site-Association", "reserved-slug"),
    ],
)
def test_refuses_what_is_no_slug(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        fold_slug(text, path=("slug",))
    assert [(field.path, field.code) for field in refused.value.fields] == [(("slug",), code)]


def test_reserves_what_the_server_and_browsers_ask_for() -> None:
    needed = "v1 v2 api docs redoc openapi.json livez readyz metrics favicon.ico robots.txt login admin qr null"
    assert set(needed.split()) <= RESERVED_SLUGS
    assert all(word == word.lower() for word in RESERVED_SLUGS)


def test_generates_slugs_from_unambiguous_symbols() -> None:
    assert len(set(SLUG_ALPHABET)) == len(SLUG_ALPHABET) >= 26
    assert not set(SLUG_ALPHABET) & set("01oilaeuy")
    for length in DRAWN_LENGTHS:
        slug = draw_slug(length)
        assert len(slug) == length
        assert set(slug) <= set(SLUG_ALPHABET)
        assert fold_slug(slug, path=("slug",)) == slug


def test_grows_only_after_several_draws() -> None:
    lengths = [len(draw_slug(length)) for length in DRAWN_LENGTHS]
    assert lengths == sorted(lengths)
    assert Counter(lengths) == {7: 3, 8: 3, 9: 3}


def test_draws_again_after_a_reserved_word_or_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter(["metrics", "2345678", "bcdfghj"])
    monkeypatch.setattr(rules, "random_text", lambda *_: next(draws))
    assert draw_slug(7) == "bcdfghj"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("story", "story"),
        (" Story  Pagi\t1 ", "story-pagi-1"),
        ("Bio.Link_2", "bio.link_2"),
        ("a\u00a0b", "a-b"),
        ("x" * 50, "x" * 50),
    ],
)
def test_folds_term_and_content(text: str, value: str) -> None:
    assert fold_utm_value(text, path=("utm_term",)) == value


@pytest.mark.parametrize(
    "text", ["", "   ", "a&b", "a=b", "a%20b", "-a", "caf\u00e9", "a\x00b", "x" * 51, "a#b", "a+b"]
)
def test_refuses_a_value_that_would_need_escaping(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        fold_utm_value(text, path=("utm_content",))
    assert [field.path for field in refused.value.fields] == [("utm_content",)]
