"""The stages of an intake, created and replaced; for `intakes`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.errors import Conflict, invalid_field
from campaigns.planning.models import Intake, Stage
from campaigns.planning.queries import list_stages
from campaigns.planning.types import StageKind, StagePlan


async def replace_stages(session: AsyncSession, intake: Intake, plans: Sequence[StagePlan]) -> dict[str, Any]:
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
            session.add(new_stage(intake.id, place, plan))
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


def new_stage(intake_id: UUID, position: int, plan: StagePlan) -> Stage:
    return Stage(intake_id=intake_id, key=plan.key, name=plan.name, kind=plan.kind.value, position=position)
