"""Validation and normal form of a link's fields, and transitions of its state."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from campaigns.kit.errors import Conflict, FieldError, FieldPath
from campaigns.links.rules import find_date_errors, fold_tag, normalize_fields, require_next_state
from campaigns.links.types import LinkState

HOSTS = ["daftar.example"]
PAGE = "https://daftar.example/a"
ELSEWHERE = "https://elsewhere.example/"
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def rule(device: str | None = None, language: str | None = None, destination: str = PAGE) -> dict[str, Any]:
    return {"device": device, "language": language, "destination": destination}


def variant(key: str, weight: int = 1, destination: str = PAGE) -> dict[str, Any]:
    return {"key": key, "destination": destination, "weight": weight}


def settled(**given: Any) -> tuple[dict[str, Any], list[tuple[FieldPath, str]]]:
    """The fields as stored, and path and code of each fault."""
    faults: list[FieldError] = []
    fields = normalize_fields(given, hosts=HOSTS, path=("rows", 7), errors=faults)
    return fields, [(fault.path[2:], fault.code) for fault in faults if fault.path[:2] == ("rows", 7)]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"name": "  Story  "}, {"name": "Story"}),
        ({"slug": " Story-1"}, {"slug": "story-1"}),
        ({"utm_term": None, "slug": None, "ends_at": None}, {"utm_term": None, "slug": None, "ends_at": None}),
        ({"utm_content": "Story 1"}, {"utm_content": "story-1"}),
        ({"tags": ["Week 2", "bio", " week-2 ", "A.b_c"]}, {"tags": ["a.b_c", "bio", "week-2"]}),
        ({"tags": ()}, {"tags": []}),
        ({"tags": [f"t{number}" for number in range(20)]}, {"tags": sorted(f"t{number}" for number in range(20))}),
        ({"pass_query": True}, {"pass_query": True}),
        ({"ended_destination": "HTTPS://DAFTAR.example/x"}, {"ended_destination": "https://daftar.example/x"}),
        ({"preview_title": "x" * 200, "preview_description": "x" * 500}, None),
        ({"preview_image": "https://daftar.example/a.png"}, None),
        ({"rules": [rule("ios"), rule("android"), rule(None, " ID ")]}, {
            "rules": [rule("ios"), rule("android"), rule(None, "id")]
        }),
        # Each of these still matches something that those before it do not.
        ({"rules": [rule("ios", "id"), rule("ios", "en"), rule("ios"), rule(None, "id"), rule("android")]}, None),
        ({"rules": [rule("ios", "su")] + [rule("ios", f"a{letter}") for letter in "bcdefghijklmnopqrstu"[:19]]}, None),
        ({"variants": ()}, {"variants": []}),
        ({"variants": [variant("Photo", 1000), variant("film-2", 1)]}, {
            "variants": [variant("photo", 1000), variant("film-2", 1)]
        }),
        ({"variants": [variant(f"v{number}") for number in range(10)]}, None),
        ({"tags": ["x" * 40], "variants": [variant("x" * 20), variant("y")]}, None),
    ],
)  # fmt: skip
def test_stores_fields_in_one_spelling(given: dict[str, Any], stored: dict[str, Any] | None) -> None:
    assert settled(**given) == (given if stored is None else stored, [])


@pytest.mark.parametrize(
    ("given", "faults"),
    [
        ({"name": " "}, [(("name",), "wrong-length")]),
        ({"name": "x" * 201}, [(("name",), "wrong-length")]),
        ({"name": "a\x00b"}, [(("name",), "unsafe-characters")]),
        ({"name": "a\ud800"}, [(("name",), "unsafe-characters")]),
        ({"destination": ELSEWHERE}, [(("destination",), "host-not-allowed")]),
        ({"ended_destination": "javascript:alert(1)"}, [(("ended_destination",), "scheme-not-allowed")]),
        ({"tags": ["a", "b c d!", "", "x" * 41]}, [
            (("tags", 1), "not-a-tag"), (("tags", 2), "wrong-length"), (("tags", 3), "wrong-length")
        ]),
        ({"tags": [f"t{number}" for number in range(21)]}, [(("tags",), "too-many")]),
        ({"preview_title": ""}, [(("preview_title",), "wrong-length")]),
        ({"preview_title": "x" * 201}, [(("preview_title",), "wrong-length")]),
        ({"preview_description": "x" * 501}, [(("preview_description",), "wrong-length")]),
        ({"preview_image": "http://daftar.example/a.png"}, [(("preview_image",), "scheme-not-allowed")]),
        ({"preview_image": "https://elsewhere.example/a.png"}, [(("preview_image",), "host-not-allowed")]),
        ({"rules": [rule()]}, [(("rules", 0), "matches-everything")]),
        # The fault is the first rule's alone: what follows it is not called unreachable too.
        ({"rules": [rule(), rule("ios")]}, [(("rules", 0), "matches-everything")]),
        ({"rules": [rule("ios"), rule("ios")]}, [(("rules", 1), "unreachable")]),
        ({"rules": [rule("ios"), rule("ios", "id")]}, [(("rules", 1), "unreachable")]),
        ({"rules": [rule(None, "id"), rule("android", "ID")]}, [(("rules", 1), "unreachable")]),
        ({"rules": [rule(None, "id"), rule(None, "in")]}, [(("rules", 1), "unreachable")]),
        ({"rules": [rule("symbian"), rule(None, "id-ID"), rule(None, "i"), rule(None, "indo")]}, [
            (("rules", 0, "device"), "unknown-device"), (("rules", 1, "language"), "not-a-language"),
            (("rules", 2, "language"), "not-a-language"), (("rules", 3, "language"), "not-a-language"),
        ]),
        ({"rules": [rule("ios"), rule("android"), rule("desktop", None, ELSEWHERE)]}, [
            (("rules", 2, "destination"), "host-not-allowed")
        ]),
        ({"rules": [rule("ios", f"a{letter}") for letter in "abcdefghijklmnopqrstu"]}, [(("rules",), "too-many")]),
        ({"variants": [variant("a")]}, [(("variants",), "wrong-number")]),
        ({"variants": [variant(f"v{number}") for number in range(11)]}, [(("variants",), "wrong-number")]),
        ({"variants": [variant("a"), variant("A"), variant("b_c"), variant("x" * 21), variant("")]}, [
            (("variants", 1, "key"), "repeated"), (("variants", 2, "key"), "not-a-key"),
            (("variants", 3, "key"), "not-a-key"), (("variants", 4, "key"), "not-a-key"),
        ]),
        ({"variants": [variant("a", 0), variant("b", 1001, ELSEWHERE)]}, [
            (("variants", 0, "weight"), "out-of-range"), (("variants", 1, "weight"), "out-of-range"),
            (("variants", 1, "destination"), "host-not-allowed"),
        ]),
        ({"name": "", "slug": "a b", "utm_term": "&", "tags": ["!"]}, [
            (("name",), "wrong-length"), (("slug",), "not-a-slug"), (("utm_term",), "not-a-utm-name"),
            (("tags", 0), "not-a-tag"),
        ]),
    ],
)  # fmt: skip
def test_names_everything_that_is_wrong(given: dict[str, Any], faults: list[tuple[FieldPath, str]]) -> None:
    assert settled(**given)[1] == faults


@pytest.mark.parametrize("text", ["Week 1", " week-1 ", "WEEK\u00a01"])
def test_a_tag_has_one_spelling(text: str) -> None:
    assert fold_tag(text, path=("tags", 0)) == "week-1"


@pytest.mark.parametrize(
    ("starts_at", "ends_at", "ended", "faults"),
    [
        (None, None, None, []),
        (BEGIN, None, None, []),
        (None, BEGIN, PAGE, []),
        (BEGIN, BEGIN + timedelta(seconds=1), PAGE, []),
        (BEGIN, BEGIN, None, [("ends_at",)]),
        (BEGIN, BEGIN - timedelta(days=1), None, [("ends_at",)]),
        (BEGIN, None, PAGE, [("ended_destination",)]),
    ],
)
def test_a_link_ends_after_it_begins(
    starts_at: datetime | None, ends_at: datetime | None, ended: str | None, faults: list[tuple[str]]
) -> None:
    found = find_date_errors(starts_at, ends_at, ended, path=())
    assert [fault.path for fault in found] == faults


def test_a_link_changes_its_state_in_the_ways_there_are() -> None:
    ways = {(one.value, other.value) for one in LinkState for other in LinkState if can_become(one, other)}
    assert ways == {(state.value, state.value) for state in LinkState} | {
        ("draft", "active"),
        ("active", "paused"),
        ("paused", "active"),
    }


def can_become(state: LinkState, wanted: LinkState) -> bool:
    try:
        require_next_state(state.value, wanted.value)
    except Conflict:
        return False
    return True
