"""Writing rows: inserting one that a constraint may refuse, and changing one that has a version.

A change checks the version that the caller expects, and returns what is to be written to the audit trail.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.errors import Conflict, Stale

# One version, any of several, or whatever there is.
ExpectedVersion = int | Collection[int] | None


async def insert_row(session: AsyncSession, row: SQLModel, *, conflicts: Mapping[str, Conflict]) -> None:
    """Insert the row at once, in a savepoint of its own.

    Raises the Conflict of the constraint that refuses it, by the constraint's name; IntegrityError for any other.
    """
    try:
        async with session.begin_nested():
            session.add(row)
    except IntegrityError as error:
        conflict = conflicts.get(violated_constraint(error) or "")
        if conflict is None:
            raise
        raise conflict from None


def violated_constraint(error: IntegrityError) -> str | None:
    """The name of the database constraint that refused the change."""
    diagnostics = getattr(error.orig, "diag", None)
    return getattr(diagnostics, "constraint_name", None)


def apply_changes(row: SQLModel, changes: Mapping[str, Any], *, expected_version: ExpectedVersion) -> dict[str, Any]:
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


def require_version(row: SQLModel, expected: ExpectedVersion) -> None:
    """Raise Stale unless the row stands at the expected version, or one of them; None expects nothing."""
    versions = (expected,) if isinstance(expected, int) else expected
    if versions is not None and row.version not in versions:  # type: ignore[attr-defined]
        raise Stale


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if value is None or isinstance(value, str | int | bool | list):
        return value
    return str(value)
