"""Paths of field errors: mapped to the caller's input, and rendered as JSON Pointers (RFC 6901)."""

import pytest

from campaigns.kit.errors import (
    FieldError,
    FieldPath,
    Invalid,
    InvalidFilter,
    collect_errors,
    invalid_field,
    invalid_filter,
    json_pointer,
    move_path,
    raise_as_invalid_filter,
    raise_if_any,
)


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ((), ""),
        (("name",), "/name"),
        (("stages", 0, "kind"), "/stages/0/kind"),
        (("a/b", "~", "~1"), "/a~1b/~0/~01"),
        (("",), "/"),
    ],
)
def test_a_path_becomes_a_json_pointer(path: FieldPath, pointer: str) -> None:
    assert json_pointer(path) == pointer


@pytest.mark.parametrize(
    ("path", "moved"),
    [
        ((0, "slug"), ("links", 4, "slug")),
        ((0,), ("links", 4)),
        ((0, "channel_id"), ("channels", 1)),
        ((0, "channel_id", "x"), ("channels", 1, "x")),
        ((1, "tags", 2), ("tags", 2)),
        ((2, "slug"), (2, "slug")),
        ((), ()),
    ],
)
def test_the_longest_beginning_of_a_path_is_moved(path: FieldPath, moved: FieldPath) -> None:
    moves: dict[FieldPath, FieldPath] = {(0,): ("links", 4), (0, "channel_id"): ("channels", 1), (1,): ()}
    assert move_path(path, moves) == moved


def test_errors_are_collected_and_raised_as_one() -> None:
    errors = [FieldError(("a",), "A", "first")]
    with collect_errors(errors):
        raise invalid_field(("b", 1), "B", "second")
    with collect_errors(errors):
        pass
    with pytest.raises(Invalid) as refused:
        raise_if_any(errors)
    assert refused.value.code == "invalid-input"
    assert [(one.path, one.detail, one.code) for one in refused.value.fields] == [
        (("a",), "A", "first"),
        (("b", 1), "B", "second"),
    ]
    raise_if_any([])


def test_a_rule_for_fields_can_refuse_a_filter() -> None:
    with pytest.raises(InvalidFilter) as refused, raise_as_invalid_filter():
        raise invalid_field(("tag",), "No.", "not-a-tag")
    assert refused.value.fields == (FieldError(("tag",), "No.", "not-a-tag"),)
    assert invalid_filter("tag", "No.", "not-a-tag").fields == refused.value.fields
