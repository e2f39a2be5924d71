"""Changing a versioned row: the version check, the assignment, and what is to be written down about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import SQLModel

from campaigns.kit.errors import Stale


def apply_changes(row: SQLModel, changes: Mapping[str, Any], *, expected_version: int | None) -> dict[str, Any]:
    """Set the named columns of a locked row and count its version up.

    Returns `{column: {"from": …, "to": …}}` for the audit trail, empty (and no new version) if nothing differs.
    Raises Stale when the caller expected another version.
    """
    require_version(row, expected_version)
    differing = {name: value for name, value in changes.items() if getattr(row, name) != value}
    written = {
        name: {"from": _plain(getattr(row, name)), "to": _plain(value)} for name, value in sorted(differing.items())
    }
    for name, value in differing.items():
        setattr(row, name, value)
    if differing:
        row.version += 1  # type: ignore[attr-defined]
    return written


def require_version(row: SQLModel, expected: int | None) -> None:
    """Raise Stale unless the row stands at the expected version; None expects nothing."""
    if expected is not None and row.version != expected:  # type: ignore[attr-defined]
        raise Stale


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | bool | list):
        return value
    return str(value)
