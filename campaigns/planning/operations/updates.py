"""Updates of campaigns and units, and closing of campaigns, without their consequences for links.

Call `links.operations.planning_changes` instead, which adds the consequences; the import contract `consequences`
allows no other caller. The functions return the updated object and the names of the columns that changed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.queries import last_changes
from campaigns.access.types import ObjectType, Principal
from campaigns.events.operations import record_change
from campaigns.events.types import EventType
from campaigns.kit.database.writes import ExpectedVersion, apply_changes, require_version
from campaigns.kit.errors import Conflict
from campaigns.planning.models import Campaign, Unit
from campaigns.planning.operations.campaigns import normalize_campaign_fields
from campaigns.planning.operations.units import normalize_unit_changes
from campaigns.planning.operations.write_changes import write_changes
from campaigns.planning.queries import effective_hosts, get_intake, lock_campaign, lock_unit
from campaigns.planning.rules import require_order
from campaigns.planning.types import CampaignChanges, CampaignState, OpenState, UnitChanges


async def apply_campaign_update(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    changes: CampaignChanges,
    expected_version: ExpectedVersion,
    now: datetime,
) -> tuple[Campaign, frozenset[str]]:
    """Update a campaign that is not closed.

    Raises NotFound, Invalid, Stale or Conflict (`campaign-closed`, `campaign-published`).
    """
    campaign = await lock_campaign(session, principal, campaign_id=campaign_id)
    if campaign.state == CampaignState.CLOSED:
        raise Conflict("campaign-closed", "The campaign is closed and cannot be changed.")
    if campaign.state == CampaignState.ACTIVE and changes.get("state") == CampaignState.DRAFT:
        raise Conflict("campaign-published", "An active campaign cannot become a draft again. Close it instead.")
    normalized = normalize_campaign_fields(changes, await effective_hosts(session, unit_id=campaign.unit_id))
    require_order(
        changes.get("starts_at", campaign.starts_at), changes.get("ends_at", campaign.ends_at), path=("ends_at",)
    )
    return campaign, _write(session, principal, EventType.CAMPAIGN_CHANGED, campaign, normalized, expected_version, now)


async def apply_campaign_close(
    session: AsyncSession, principal: Principal, *, campaign_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> tuple[Campaign, frozenset[str]]:
    """Close a campaign. Closing twice changes nothing. Raises NotFound or Stale."""
    campaign = await lock_campaign(session, principal, campaign_id=campaign_id)
    closed = {"state": CampaignState.CLOSED.value}
    return campaign, _write(session, principal, EventType.CAMPAIGN_CLOSED, campaign, closed, expected_version, now)


async def apply_campaign_reopening(
    session: AsyncSession, principal: Principal, *, campaign_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> tuple[Campaign, frozenset[str]]:
    """Undo the closing of a campaign, which gets the state back that it had. One that is not closed stays as it is.

    Raises NotFound, Stale or Conflict (`intake-closed`).
    """
    campaign = await lock_campaign(session, principal, campaign_id=campaign_id)
    if campaign.state != CampaignState.CLOSED:
        require_version(campaign, expected_version)
        return campaign, frozenset()
    intake = await get_intake(session, principal, intake_id=campaign.intake_id)
    if intake.state == OpenState.CLOSED:
        raise Conflict("intake-closed", "The intake is closed. Reopen it first.")
    closing = await last_changes(
        session, action=EventType.CAMPAIGN_CLOSED, object_type=ObjectType.CAMPAIGN, object_id=campaign.id
    )
    # Without an entry, nothing becomes public by itself.
    before = {"state": closing.get("state", {}).get("from", CampaignState.DRAFT.value)}
    return campaign, _write(session, principal, EventType.CAMPAIGN_REOPENED, campaign, before, expected_version, now)


def _write(
    session: AsyncSession,
    principal: Principal,
    event_type: EventType,
    campaign: Campaign,
    columns: Mapping[str, Any],
    expected_version: ExpectedVersion,
    now: datetime,
) -> frozenset[str]:
    """Write the columns that differ, and the change; returns their names."""
    written = apply_changes(campaign, columns, expected_version=expected_version)
    if written:
        record_change(
            session,
            principal,
            event_type,
            object_id=campaign.id,
            unit_id=campaign.unit_id,
            now=now,
            changes=written,
        )
    return frozenset(written)


async def apply_unit_update(
    session: AsyncSession,
    principal: Principal,
    *,
    unit_id: UUID,
    changes: UnitChanges,
    expected_version: ExpectedVersion,
    now: datetime,
) -> tuple[Unit, frozenset[str]]:
    """Update a unit's name, host allow-list or templates.

    Raises NotFound, Stale, or Invalid with every error found.
    """
    unit = await lock_unit(session, principal, unit_id=unit_id)
    written = write_changes(
        session,
        principal,
        unit,
        normalize_unit_changes(changes),
        object_type=ObjectType.UNIT,
        unit_id=unit.id,
        expected_version=expected_version,
        now=now,
    )
    return unit, frozenset(written)
