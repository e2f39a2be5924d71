"""Moving an application to another stage of its intake, with the recruiter's reason."""

from datetime import datetime
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.applicants.encryption import PersonVault, open_vault
from campaigns.applicants.models import ApplicantKey, Application, StageChange
from campaigns.applicants.queries.recruiter import lock_application
from campaigns.attribution.operations import record_stage_entry
from campaigns.attribution.types import ConversionContext
from campaigns.events.operations import record_change
from campaigns.events.types import EventType
from campaigns.kit.database.writes import ExpectedVersion, require_version
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.errors import Conflict, invalid_field
from campaigns.kit.ids import new_id
from campaigns.planning.models import Stage
from campaigns.planning.queries import list_stages
from campaigns.planning.types import StageKind


async def move_application(
    session: AsyncSession,
    principal: Principal,
    *,
    keys: KeyRing,
    application_id: UUID,
    stage_key: str,
    reason: str,
    expected_version: ExpectedVersion,
    now: datetime,
) -> None:
    """Move an application to the stage with this key, and store the conversions that follow from it.

    Raises NotFound, Stale, Invalid for `stage`, or Conflict (`already-there`, `applicant-erased`).
    """
    application = await lock_application(session, principal, application_id=application_id)
    require_version(application, expected_version)
    left, entered = await _find_stages(session, application, stage_key)
    vault = await _open_vault(session, keys, application)
    change_id = new_id()
    session.add(
        StageChange(
            id=change_id,
            application_id=application.id,
            from_stage_id=left.id,
            to_stage_id=entered.id,
            reason_sealed=vault.encrypt_reason(change_id, reason),
            changed_at=now,
            actor_kind=principal.actor.kind.value,
            actor_id=principal.actor.id,
        )
    )
    application.stage_id = entered.id
    application.stage_entered_at = now
    application.version += 1
    await record_stage_entry(session, _conversion_context(application), entered=StageKind(entered.kind), now=now)
    record_change(
        session,
        principal,
        EventType.APPLICATION_MOVED,
        object_id=application.id,
        unit_id=application.unit_id,
        now=now,
        changes={"stage": {"from": left.key, "to": entered.key}},
    )


async def _find_stages(session: AsyncSession, application: Application, key: str) -> tuple[Stage, Stage]:
    """The stage the application stands in, and the one of its intake with this key, which must be another."""
    stages = (await list_stages(session, intake_ids=[application.intake_id]))[application.intake_id]
    entered = next((stage for stage in stages if stage.key == key), None)
    if entered is None:
        raise invalid_field(("stage",), "The intake has no stage with this key.", "unknown-stage")
    if entered.id == application.stage_id:
        raise Conflict("already-there", "The application is already in this stage.")
    return next(stage for stage in stages if stage.id == application.stage_id), entered


async def _open_vault(session: AsyncSession, keys: KeyRing, application: Application) -> PersonVault:
    """The vault of the application's person; raises Conflict once the person was erased."""
    key = (
        await session.exec(select(ApplicantKey).where(ApplicantKey.applicant_id == application.applicant_id))
    ).first()
    if key is None:
        raise Conflict("applicant-erased", "The data of this person was erased. The application cannot be moved.")
    return open_vault(keys, application.applicant_id, key.wrapped_key)


def _conversion_context(application: Application) -> ConversionContext:
    return ConversionContext(
        application_id=application.id,
        unit_id=application.unit_id,
        intake_id=application.intake_id,
        campaign_id=application.campaign_id,
        link_id=application.link_id,
        source=application.source,
        medium=application.medium,
    )
