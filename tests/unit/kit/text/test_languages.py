"""The codes of a language that phones and people use are one code."""

import pytest

from campaigns.kit.text.languages import CURRENT_CODES, current_language


@pytest.mark.parametrize(
    ("sent", "current"),
    [
        ("in", "id"),
        ("ind", "id"),
        ("iw", "he"),
        ("ji", "yi"),
        ("jw", "jv"),
        ("mo", "ro"),
        ("mol", "ro"),
        ("tl", "fil"),
        ("tgl", "fil"),
        ("may", "ms"),
        ("id", "id"),
        ("ban", "ban"),
        ("xx", "xx"),
    ],
)
def test_a_withdrawn_or_long_code_is_its_current_one(sent: str, current: str) -> None:
    assert current_language(sent) == current


def test_a_current_code_has_no_other() -> None:
    assert not CURRENT_CODES.keys() & set(CURRENT_CODES.values())
    assert all(code.isascii() and code.islower() and len(code) in (2, 3) for code in CURRENT_CODES)
