"""Changes of a row of planning, written to the audit trail; for the operations that change, close or reopen one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import ObjectType, Principal
from campaigns.kit.database.writes import ExpectedVersion, apply_changes
from campaigns.planning.models import Channel, Intake, Programme, Unit
from campaigns.planning.types import OpenState


def write_changes(
    session: AsyncSession,
    principal: Principal,
    row: Unit | Programme | Intake | Channel,
    changes: Mapping[str, Any],
    *,
    object_type: ObjectType,
    done: str = "changed",
    unit_id: UUID,
    expected_version: ExpectedVersion,
    now: datetime,
) -> dict[str, Any]:
    """Set the columns of a locked row as `apply_changes` does, with an audit entry if any of them differs.

    Returns what differs, by column. Raises Stale.
    """
    written = apply_changes(row, changes, expected_version=expected_version)
    if written:
        record_audit(session, principal, object_type, done, object_id=row.id, unit_id=unit_id, now=now, changes=written)
    return written


def write_state(
    session: AsyncSession,
    principal: Principal,
    row: Programme | Intake | Channel,
    state: OpenState,
    *,
    object_type: ObjectType,
    unit_id: UUID,
    expected_version: ExpectedVersion,
    now: datetime,
) -> None:
    """Close or reopen a locked row, with an audit entry unless it has that state already. Raises Stale."""
    write_changes(
        session,
        principal,
        row,
        {"state": state.value},
        object_type=object_type,
        done=_DONE[state],
        unit_id=unit_id,
        expected_version=expected_version,
        now=now,
    )


_DONE = {OpenState.CLOSED: "closed", OpenState.ACTIVE: "reopened"}
