"""Making, changing and closing campaigns."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import Principal
from campaigns.kit.changes import apply_changes
from campaigns.kit.database import violated_constraint
from campaigns.kit.errors import Conflict, invalid_field
from campaigns.kit.weburl import host_matches, parse_web_url
from campaigns.planning.models import Campaign
from campaigns.planning.queries import effective_hosts, get_campaign, get_intake, get_unit
from campaigns.planning.rules import require_order
from campaigns.planning.types import CampaignChanges, CampaignState, OpenState


async def create_campaign(
    session: AsyncSession,
    principal: Principal,
    *,
    unit_id: UUID,
    intake_id: UUID,
    name: str,
    slug: str,
    starts_at: datetime,
    ends_at: datetime | None,
    landing_url: str,
    state: CampaignState,
    now: datetime,
) -> Campaign:
    """Make a campaign of one of the caller's units for an intake it may use.

    Raises NotFound, Invalid (among others for a landing host that is not on the unit's allow-list) or Conflict
    (`intake-closed`, `campaign-slug-taken`).
    """
    await get_unit(session, principal, unit_id=unit_id)
    intake = await get_intake(session, principal, intake_id=intake_id)
    if intake.state == OpenState.CLOSED:
        raise Conflict("intake-closed", "This intake is closed; it takes no new campaign.")
    require_order(starts_at, ends_at, pointer="/ends_at")
    campaign = Campaign(
        unit_id=unit_id,
        intake_id=intake_id,
        name=name,
        slug=slug,
        starts_at=starts_at,
        ends_at=ends_at,
        landing_url=await checked_destination(session, unit_id=unit_id, text=landing_url, pointer="/landing_url"),
        state=state.value,
        created_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(campaign)
    except IntegrityError as error:
        if violated_constraint(error) == "uq_campaigns_slug":
            raise Conflict("campaign-slug-taken", "Another campaign has this slug.") from None
        raise
    changes = {"name": name, "slug": slug, "state": state.value}
    record_audit(
        session, principal, "campaign.created", object_id=campaign.id, unit_id=unit_id, now=now, changes=changes
    )
    return campaign


async def change_campaign(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    changes: CampaignChanges,
    expected_version: int | None,
    now: datetime,
) -> Campaign:
    """Change a campaign that is not closed; links made before keep their destinations."""
    campaign = await get_campaign(session, principal, campaign_id=campaign_id, lock=True)
    if campaign.state == CampaignState.CLOSED:
        raise Conflict("campaign-closed", "This campaign is closed and cannot be changed.")
    if campaign.state == CampaignState.ACTIVE and changes.get("state") == CampaignState.DRAFT:
        raise Conflict("campaign-published", "A campaign that was active does not become a draft again; close it.")
    if "landing_url" in changes:
        landing_url = await checked_destination(
            session, unit_id=campaign.unit_id, text=changes["landing_url"], pointer="/landing_url"
        )
        changes = {**changes, "landing_url": landing_url}
    require_order(
        changes.get("starts_at", campaign.starts_at), changes.get("ends_at", campaign.ends_at), pointer="/ends_at"
    )
    written = apply_changes(campaign, changes, expected_version=expected_version)
    if written:
        record_audit(
            session,
            principal,
            "campaign.changed",
            object_id=campaign.id,
            unit_id=campaign.unit_id,
            now=now,
            changes=written,
        )
    return campaign


async def close_campaign(
    session: AsyncSession, principal: Principal, *, campaign_id: UUID, expected_version: int | None, now: datetime
) -> Campaign:
    """Close a campaign for good: it takes no registrations, its links go on leading to their pages."""
    campaign = await get_campaign(session, principal, campaign_id=campaign_id, lock=True)
    written = apply_changes(campaign, {"state": CampaignState.CLOSED.value}, expected_version=expected_version)
    if written:
        record_audit(
            session,
            principal,
            "campaign.closed",
            object_id=campaign.id,
            unit_id=campaign.unit_id,
            now=now,
            changes=written,
        )
    return campaign


async def checked_destination(session: AsyncSession, *, unit_id: UUID, text: str, pointer: str) -> str:
    """The address as parsed, if the unit's allow-list covers its host; raises Invalid at `pointer`."""
    url = parse_web_url(text, pointer=pointer)
    hosts = await effective_hosts(session, unit_id=unit_id)
    if not host_matches(url.host, hosts):
        allowed = ", ".join(hosts) if hosts else "none yet"
        raise invalid_field(
            pointer, f"The host {url.host} is not on the unit's allow-list ({allowed}).", "host-not-allowed"
        )
    return url.text
