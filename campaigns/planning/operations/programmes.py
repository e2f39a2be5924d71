"""Create, update and close programmes and their intakes."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import ObjectType, Principal
from campaigns.kit.database.writes import apply_changes, insert_row
from campaigns.kit.errors import Conflict, invalid_field
from campaigns.kit.web_url import parse_web_url
from campaigns.planning.models import Intake, Programme, Stage
from campaigns.planning.operations.write_changes import write_changes
from campaigns.planning.queries import get_programme, get_unit, list_stages, lock_intake, lock_programme, require_owner
from campaigns.planning.rules import require_order, require_stages
from campaigns.planning.types import IntakeChanges, OpenState, ProgrammeChanges, StageKind, StagePlan


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
    expected_version: int | None,
    now: datetime,
) -> Programme:
    programme = await _owned_programme(session, principal, programme_id)
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
    session: AsyncSession, principal: Principal, *, programme_id: UUID, expected_version: int | None, now: datetime
) -> Programme:
    """Close a programme permanently: its campaigns take no more registrations. Closing twice changes nothing."""
    programme = await _owned_programme(session, principal, programme_id)
    write_changes(
        session,
        principal,
        programme,
        {"state": OpenState.CLOSED.value},
        object_type=ObjectType.PROGRAMME,
        done="closed",
        unit_id=programme.unit_id,
        expected_version=expected_version,
        now=now,
    )
    return programme


async def create_intake(
    session: AsyncSession,
    principal: Principal,
    *,
    programme_id: UUID,
    name: str,
    opens_at: datetime,
    closes_at: datetime,
    notice_version: str,
    notice_url: str,
    stages: Sequence[StagePlan],
    now: datetime,
) -> Intake:
    """Create an intake with its ordered stages.

    Raises NotFound, Forbidden, Invalid or Conflict (`programme-closed`).
    """
    programme = await _owned_programme(session, principal, programme_id)
    if programme.state == OpenState.CLOSED:
        raise Conflict("programme-closed", "The programme is closed. It takes no new intakes.")
    require_order(opens_at, closes_at, path=("closes_at",))
    require_stages(stages)
    intake = Intake(
        programme_id=programme_id,
        name=name,
        opens_at=opens_at,
        closes_at=closes_at,
        notice_version=notice_version,
        notice_url=parse_web_url(notice_url, path=("notice_url",)).text,
        state=OpenState.ACTIVE.value,
        created_at=now,
    )
    session.add(intake)
    await session.flush()  # the stages refer to the intake
    session.add_all(_stage(intake.id, place, plan) for place, plan in enumerate(stages, start=1))
    changes = {"name": name, "stages": [asdict(plan) for plan in stages]}
    record_audit(
        session,
        principal,
        ObjectType.INTAKE,
        "created",
        object_id=intake.id,
        unit_id=programme.unit_id,
        now=now,
        changes=changes,
    )
    return intake


async def update_intake(
    session: AsyncSession,
    principal: Principal,
    *,
    intake_id: UUID,
    changes: IntakeChanges,
    stages: Sequence[StagePlan] | None,
    expected_version: int | None,
    now: datetime,
) -> Intake:
    """Update an intake; `stages`, if given, replaces the whole list. Stages are matched by key.

    Raises NotFound, Forbidden, Stale, Invalid, or Conflict (`stage-in-use`).
    """
    intake, unit_id = await _owned_intake(session, principal, intake_id)
    if "notice_url" in changes:
        changes = {**changes, "notice_url": parse_web_url(changes["notice_url"], path=("notice_url",)).text}
    require_order(
        changes.get("opens_at", intake.opens_at), changes.get("closes_at", intake.closes_at), path=("closes_at",)
    )
    written = apply_changes(intake, changes, expected_version=expected_version)
    if stages is not None:
        require_stages(stages)
        replaced = await _replace_stages(session, intake, stages)
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
            unit_id=unit_id,
            now=now,
            changes=written,
        )
    return intake


async def close_intake(
    session: AsyncSession, principal: Principal, *, intake_id: UUID, expected_version: int | None, now: datetime
) -> Intake:
    """Close an intake permanently before its date. Closing twice changes nothing."""
    intake, unit_id = await _owned_intake(session, principal, intake_id)
    write_changes(
        session,
        principal,
        intake,
        {"state": OpenState.CLOSED.value},
        object_type=ObjectType.INTAKE,
        done="closed",
        unit_id=unit_id,
        expected_version=expected_version,
        now=now,
    )
    return intake


async def _replace_stages(session: AsyncSession, intake: Intake, plans: Sequence[StagePlan]) -> dict[str, Any]:
    """Replace the intake's stages by the plans; returns the changes for the audit record, empty if there are none."""
    stages = (await list_stages(session, intake_ids=[intake.id]))[intake.id]
    before = [StagePlan(stage.key, stage.name, StageKind(stage.kind)) for stage in stages]
    if before == list(plans):
        return {}
    current = {stage.key: stage for stage in stages}
    if current.get(plans[0].key) is None:
        raise invalid_field(
            ("stages", 0, "key"), "The key of the first stage cannot be changed. Its name can be changed.", "immutable"
        )
    for place, plan in enumerate(plans, start=1):
        stage = current.pop(plan.key, None)
        if stage is None:
            session.add(_stage(intake.id, place, plan))
        elif stage.kind != plan.kind:
            raise invalid_field(
                ("stages", place - 1, "kind"),
                "The kind of a stage cannot be changed, because past statistics use it.",
                "immutable",
            )
        else:
            stage.name, stage.position = plan.name, place
    try:
        async with session.begin_nested():
            await session.exec(delete(Stage).where(col(Stage.id).in_([stage.id for stage in current.values()])))
    except IntegrityError:
        raise Conflict("stage-in-use", "A stage that applications have used cannot be removed.") from None
    return {"stages": {"from": [asdict(plan) for plan in before], "to": [asdict(plan) for plan in plans]}}


def _stage(intake_id: UUID, position: int, plan: StagePlan) -> Stage:
    return Stage(intake_id=intake_id, key=plan.key, name=plan.name, kind=plan.kind.value, position=position)


async def _owned_programme(session: AsyncSession, principal: Principal, programme_id: UUID) -> Programme:
    programme = await lock_programme(session, principal, programme_id=programme_id)
    await require_owner(session, principal, unit_id=programme.unit_id, what="programme")
    return programme


async def _owned_intake(session: AsyncSession, principal: Principal, intake_id: UUID) -> tuple[Intake, UUID]:
    intake = await lock_intake(session, principal, intake_id=intake_id)
    programme = await get_programme(session, principal, programme_id=intake.programme_id)
    await require_owner(session, principal, unit_id=programme.unit_id, what="intake")
    return intake, programme.unit_id
