"""Public reads: a campaign, and the status of an application by reference and status token."""

import hmac
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, union_all
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.applicants.models import Application, RepeatedApplication
from campaigns.applicants.receipts import normalize_reference, token_digest
from campaigns.applicants.types import ApplicationStatus, PublicCampaign
from campaigns.kit.errors import NotFound
from campaigns.planning.models import Campaign, Intake, Stage
from campaigns.planning.queries import find_public_campaign
from campaigns.planning.rules import registration_state
from campaigns.planning.types import StageKind


async def read_public_campaign(session: AsyncSession, *, slug: str, now: datetime) -> PublicCampaign:
    """A campaign as the public may see it; raises NotFound for an unknown one and for a draft."""
    campaign, intake, programme, unit = await find_public_campaign(session, slug=slug)
    return PublicCampaign(
        campaign_id=campaign.id,
        unit_id=campaign.unit_id,
        intake_id=intake.id,
        name=campaign.name,
        slug=campaign.slug,
        unit_name=unit.name,
        programme_name=programme.name,
        intake_name=intake.name,
        registration=registration_state(
            campaign_state=campaign.state,
            campaign_starts=campaign.starts_at,
            campaign_ends=campaign.ends_at,
            intake_state=intake.state,
            intake_opens=intake.opens_at,
            intake_closes=intake.closes_at,
            programme_state=programme.state,
            now=now,
        ),
        opens_at=max(campaign.starts_at, intake.opens_at),
        closes_at=min(campaign.ends_at or intake.closes_at, intake.closes_at),
        notice_version=intake.notice_version,
        notice_url=intake.notice_url,
    )


async def read_status(session: AsyncSession, *, reference: str, token: str) -> ApplicationStatus:
    """The status of an application; raises the same NotFound for an unknown reference and for a wrong token.

    A repeated application stays in the first stage for ever, so that its sender learns nothing about the first one.
    """
    normalized = normalize_reference(reference)
    # One statement for both kinds, so that its duration does not tell them apart either.
    statement: Any = union_all(_select_application(normalized), _select_repeat(normalized))
    found = (await session.exec(statement)).first()
    stored = bytes(found.status_token_digest) if found else bytes(32)
    if not hmac.compare_digest(stored, token_digest(token)) or found is None or normalized is None:
        raise NotFound("application")
    return ApplicationStatus(
        reference=normalized,
        campaign_name=found.campaign_name,
        intake_name=found.intake_name,
        stage=found.stage,
        stage_kind=found.kind,
        registered_at=found.registered_at,
        stage_entered_at=found.stage_entered_at,
    )


def _select_application(reference: str | None) -> Select[*tuple[Any, ...]]:
    return (
        select(
            col(Campaign.name).label("campaign_name"),
            col(Intake.name).label("intake_name"),
            col(Stage.name).label("stage"),
            col(Stage.kind).label("kind"),
            col(Application.registered_at).label("registered_at"),
            col(Application.stage_entered_at).label("stage_entered_at"),
            col(Application.status_token_digest).label("status_token_digest"),
        )
        .select_from(Application)
        .join(Campaign, col(Campaign.id) == Application.campaign_id)
        .join(Intake, col(Intake.id) == Application.intake_id)
        .join(Stage, col(Stage.id) == Application.stage_id)
        .where(col(Application.reference) == reference)
    )


def _select_repeat(reference: str | None) -> Select[*tuple[Any, ...]]:
    return (
        select(
            col(Campaign.name),
            col(Intake.name),
            col(Stage.name),
            col(Stage.kind),
            col(RepeatedApplication.registered_at),
            col(RepeatedApplication.registered_at).label("stage_entered_at"),
            col(RepeatedApplication.status_token_digest),
        )
        .select_from(RepeatedApplication)
        .join(Campaign, col(Campaign.id) == RepeatedApplication.campaign_id)
        .join(Intake, col(Intake.id) == Campaign.intake_id)
        .join(Stage, col(Stage.intake_id) == Intake.id)
        .where(col(Stage.kind) == StageKind.REGISTERED.value, col(RepeatedApplication.reference) == reference)
    )
