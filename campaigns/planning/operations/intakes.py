"""Create, update and close the intakes of programmes."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import ObjectType, Principal
from campaigns.kit.database.writes import ExpectedVersion, apply_changes
from campaigns.kit.errors import Conflict
from campaigns.kit.web_url import parse_web_url
from campaigns.planning.models import Intake, Programme
from campaigns.planning.operations.programmes import lock_owned_programme
from campaigns.planning.operations.stages import new_stage, replace_stages
from campaigns.planning.operations.write_changes import write_state
from campaigns.planning.queries import get_programme, lock_intake, require_owner
from campaigns.planning.rules import require_order, require_stages
from campaigns.planning.types import IntakeChanges, IntakeSpec, OpenState, StagePlan


async def create_intake(session: AsyncSession, principal: Principal, *, spec: IntakeSpec, now: datetime) -> Intake:
    """Create an intake with its ordered stages.

    Raises NotFound, Forbidden, Invalid or Conflict (`programme-closed`).
    """
    programme = await lock_owned_programme(session, principal, spec.programme_id)
    if programme.state == OpenState.CLOSED:
        raise Conflict("programme-closed", "The programme is closed. It takes no new intakes.")
    require_order(spec.opens_at, spec.closes_at, path=("closes_at",))
    require_stages(spec.stages)
    intake = Intake(
        programme_id=spec.programme_id,
        name=spec.name,
        opens_at=spec.opens_at,
        closes_at=spec.closes_at,
        notice_version=spec.notice_version,
        notice_url=parse_web_url(spec.notice_url, path=("notice_url",)).text,
        state=OpenState.ACTIVE.value,
        created_at=now,
    )
    session.add(intake)
    await session.flush()  # the stages refer to the intake
    session.add_all(new_stage(intake.id, place, plan) for place, plan in enumerate(spec.stages, start=1))
    record_audit(
        session,
        principal,
        ObjectType.INTAKE,
        "created",
        object_id=intake.id,
        unit_id=programme.unit_id,
        now=now,
        changes={"name": spec.name, "stages": [asdict(plan) for plan in spec.stages]},
    )
    return intake


async def update_intake(
    session: AsyncSession,
    principal: Principal,
    *,
    intake_id: UUID,
    changes: IntakeChanges,
    stages: Sequence[StagePlan] | None,
    expected_version: ExpectedVersion,
    now: datetime,
) -> Intake:
    """Update an intake; `stages`, if given, replaces the whole list. Stages are matched by key.

    Raises NotFound, Forbidden, Stale, Invalid, or Conflict (`stage-in-use`).
    """
    intake, programme = await _lock_owned_intake(session, principal, intake_id)
    if "notice_url" in changes:
        changes = {**changes, "notice_url": parse_web_url(changes["notice_url"], path=("notice_url",)).text}
    require_order(
        changes.get("opens_at", intake.opens_at), changes.get("closes_at", intake.closes_at), path=("closes_at",)
    )
    written = apply_changes(intake, changes, expected_version=expected_version)
    if stages is not None:
        require_stages(stages)
        replaced = await replace_stages(session, intake, stages)
        if replaced and not written:
            intake.version += 1  # apply_changes has increased it otherwise
        written |= replaced
    if written:
        record_audit(
            session,
            principal,
            ObjectType.INTAKE,
            "changed",
            object_id=intake.id,
            unit_id=programme.unit_id,
            now=now,
            changes=written,
        )
    return intake


async def close_intake(
    session: AsyncSession, principal: Principal, *, intake_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Intake:
    """Close an intake before its date. Closing twice changes nothing."""
    intake, programme = await _lock_owned_intake(session, principal, intake_id)
    write_state(
        session,
        principal,
        intake,
        OpenState.CLOSED,
        object_type=ObjectType.INTAKE,
        unit_id=programme.unit_id,
        expected_version=expected_version,
        now=now,
    )
    return intake


async def reopen_intake(
    session: AsyncSession, principal: Principal, *, intake_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Intake:
    """Undo the closing of an intake; it takes registrations if its dates say so. One that is not closed stays as it is.

    Raises NotFound, Forbidden, Stale or Conflict (`programme-closed`).
    """
    intake, programme = await _lock_owned_intake(session, principal, intake_id)
    if programme.state == OpenState.CLOSED and intake.state == OpenState.CLOSED:
        raise Conflict("programme-closed", "The programme is closed. Reopen it first.")
    write_state(
        session,
        principal,
        intake,
        OpenState.ACTIVE,
        object_type=ObjectType.INTAKE,
        unit_id=programme.unit_id,
        expected_version=expected_version,
        now=now,
    )
    return intake


async def _lock_owned_intake(session: AsyncSession, principal: Principal, intake_id: UUID) -> tuple[Intake, Programme]:
    intake = await lock_intake(session, principal, intake_id=intake_id)
    programme = await get_programme(session, principal, programme_id=intake.programme_id)
    await require_owner(session, principal, unit_id=programme.unit_id, what="intake")
    return intake, programme
