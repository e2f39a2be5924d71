"""Updates of versioned rows: columns, version, and recorded changes."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.kit.database.writes import apply_changes, require_version
from campaigns.kit.errors import Stale
from campaigns.planning.models import Campaign, Unit

STARTS = datetime(2027, 1, 1, tzinfo=UTC)


def campaign() -> Campaign:
    return Campaign(
        unit_id=UUID(int=1),
        intake_id=UUID(int=2),
        name="Old",
        slug="old",
        starts_at=STARTS,
        ends_at=None,
        landing_url="https://daftar.example/",
        state="draft",
        created_at=STARTS,
    )


def test_sets_what_differs_and_counts_once() -> None:
    row, ends = campaign(), STARTS + timedelta(days=1)
    written = apply_changes(row, {"name": "New", "ends_at": ends, "state": "draft"}, expected_version=None)
    assert (row.name, row.ends_at, row.state, row.version) == ("New", ends, "draft", 2)
    assert written == {
        "ends_at": {"from": None, "to": "2027-01-02T00:00:00+00:00"},
        "name": {"from": "Old", "to": "New"},
    }


@pytest.mark.parametrize("same", [{}, {"name": "Old"}, {"starts_at": STARTS.astimezone()}])
def test_nothing_differs(same: dict[str, Any]) -> None:
    row = campaign()
    assert apply_changes(row, same, expected_version=1) == {}
    assert row.version == 1


def test_lists_are_written_down_as_they_were() -> None:
    row = Unit(
        id=UUID(int=1), kind="national", name="N", code="N", path="1/", allowed_hosts=["a.example"], created_at=STARTS
    )
    written = apply_changes(row, {"allowed_hosts": ["b.example"]}, expected_version=None)
    assert written == {"allowed_hosts": {"from": ["a.example"], "to": ["b.example"]}}


@pytest.mark.parametrize("expected", [0, 2, -1])
def test_another_version_changes_nothing(expected: int) -> None:
    row = campaign()
    with pytest.raises(Stale):
        apply_changes(row, {"name": "New"}, expected_version=expected)
    assert (row.name, row.version) == ("Old", 1)


@pytest.mark.parametrize("expected", [None, 1])
def test_the_expected_version_or_none_passes(expected: int | None) -> None:
    require_version(campaign(), expected)
