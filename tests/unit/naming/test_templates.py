"""Templates of names: placeholders, their values, and the resulting names."""

import pytest

from campaigns.kit.errors import Invalid
from campaigns.naming.templates import (
    CONTENT_PLACEHOLDERS,
    LINK_NAME_PLACEHOLDERS,
    PLACEHOLDERS,
    TEMPLATE_LENGTH,
    TERM_PLACEHOLDERS,
    fill_template,
    fold_filled,
    require_template,
    require_utm_template,
)
from campaigns.naming.utm import fold_utm_name


def test_each_template_has_its_placeholders() -> None:
    named = "source medium campaign unit content name date month number"
    assert set(PLACEHOLDERS) == set(TERM_PLACEHOLDERS) == set(named.split())
    assert set(PLACEHOLDERS) - set(CONTENT_PLACEHOLDERS) == {"content"}
    assert set(PLACEHOLDERS) - set(LINK_NAME_PLACEHOLDERS) == {"name"}


@pytest.mark.parametrize(
    "text", ["{source}", "{medium}-{month}", "plain", "{name} {number}", "A_b.{unit}", "x", "x" * 100]
)
def test_takes_what_can_be_filled(text: str) -> None:
    assert require_utm_template(f" {text} ", TERM_PLACEHOLDERS, path=("t",)) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{sauce}", "unknown-placeholder"),
        ("{Source}", "unknown-placeholder"),
        ("{}", "unknown-placeholder"),
        ("{source.__class__}", "unknown-placeholder"),
        ("{source!r}", "unknown-placeholder"),
        ("{0}", "unknown-placeholder"),
        ("{{source}}", "stray-brace"),
        ("{source", "stray-brace"),
        ("source}", "stray-brace"),
        ("{source}&x=1", "not-a-utm-name"),
        ("caf\u00e9-{month}", "not-a-utm-name"),
        ("a\x00{month}", "not-a-utm-name"),
        ("", "wrong-length"),
        ("   ", "wrong-length"),
        ("x" * (TEMPLATE_LENGTH + 1), "wrong-length"),
    ],
)
def test_refuses_what_cannot(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_utm_template(text, TERM_PLACEHOLDERS, path=("t",))
    assert [(field.path, field.code) for field in refused.value.fields] == [(("t",), code)]


def test_names_the_placeholder_there_is_not() -> None:
    with pytest.raises(Invalid) as refused:
        require_template("{content} {sauce}", CONTENT_PLACEHOLDERS, path=("t",))
    assert "Unknown placeholder {content}, {sauce}. Allowed placeholders: {source}," in refused.value.fields[0].detail


def test_fills_each_placeholder_once() -> None:
    values = {"source": "ig", "name": "{month}", "month": "2026-11", "content": ""}
    assert fill_template("{source}/{name}/{month}/{content}/{term}", values) == "ig/{month}/2026-11//"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Grup alumni SMA, Bandung!", "grup-alumni-sma-bandung"),
        ("Caf\u00e9 \u2014 1", "cafe-1"),
        ("a_b - c", "a-b-c"),
        ("-bio--", "bio"),
        ("..", None),
        ("\u65e5\u672c", None),
        ("", None),
        ("a\x00b&c=d#e", "a-b-c-d-e"),
        ("x" * 49 + "-y", "x" * 49),
        ("x" * 60, "x" * 50),
    ],
)
def test_what_comes_out_is_a_utm_name(text: str, folded: str | None) -> None:
    assert fold_filled(text) == folded
    if folded is not None:
        assert fold_utm_name(folded, path=()) == folded
