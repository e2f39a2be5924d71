"""Create, update and close programmes."""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import ObjectType, Principal
from campaigns.kit.database.writes import ExpectedVersion, insert_row
from campaigns.kit.errors import Conflict
from campaigns.planning.models import Programme
from campaigns.planning.operations.write_changes import write_changes, write_state
from campaigns.planning.queries import get_unit, lock_programme, require_owner
from campaigns.planning.types import OpenState, ProgrammeChanges


async def create_programme(
    session: AsyncSession, principal: Principal, *, unit_id: UUID, name: str, slug: str, now: datetime
) -> Programme:
    """Create a programme of a unit in the caller's subtree; raises NotFound or Conflict (`programme-slug-taken`)."""
    await get_unit(session, principal, unit_id=unit_id)
    programme = Programme(unit_id=unit_id, name=name, slug=slug, state=OpenState.ACTIVE.value, created_at=now)
    taken = Conflict("programme-slug-taken", "The unit already has a programme with this slug.")
    await insert_row(session, programme, conflicts={"uq_programmes_unit_id_slug": taken})
    record_audit(
        session,
        principal,
        ObjectType.PROGRAMME,
        "created",
        object_id=programme.id,
        unit_id=unit_id,
        now=now,
        changes={"name": name, "slug": slug},
    )
    return programme


async def update_programme(
    session: AsyncSession,
    principal: Principal,
    *,
    programme_id: UUID,
    changes: ProgrammeChanges,
    expected_version: ExpectedVersion,
    now: datetime,
) -> Programme:
    programme = await lock_owned_programme(session, principal, programme_id)
    write_changes(
        session,
        principal,
        programme,
        changes,
        object_type=ObjectType.PROGRAMME,
        unit_id=programme.unit_id,
        expected_version=expected_version,
        now=now,
    )
    return programme


async def close_programme(
    session: AsyncSession, principal: Principal, *, programme_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Programme:
    """Close a programme: its campaigns take no more registrations. Closing twice changes nothing."""
    return await _set_state(session, principal, programme_id, OpenState.CLOSED, expected_version, now)


async def reopen_programme(
    session: AsyncSession, principal: Principal, *, programme_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Programme:
    """Undo the closing of a programme. One that is not closed stays as it is."""
    return await _set_state(session, principal, programme_id, OpenState.ACTIVE, expected_version, now)


async def _set_state(
    session: AsyncSession,
    principal: Principal,
    programme_id: UUID,
    state: OpenState,
    expected_version: ExpectedVersion,
    now: datetime,
) -> Programme:
    programme = await lock_owned_programme(session, principal, programme_id)
    write_state(
        session,
        principal,
        programme,
        state,
        object_type=ObjectType.PROGRAMME,
        unit_id=programme.unit_id,
        expected_version=expected_version,
        now=now,
    )
    return programme


async def lock_owned_programme(session: AsyncSession, principal: Principal, programme_id: UUID) -> Programme:
    """A programme that the caller may change, locked until the transaction ends; raises NotFound or Forbidden."""
    programme = await lock_programme(session, principal, programme_id=programme_id)
    await require_owner(session, principal, unit_id=programme.unit_id, what="programme")
    return programme
