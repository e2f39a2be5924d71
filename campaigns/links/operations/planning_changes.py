"""Update campaigns and units together with the consequences for their links.

Planning is below links and cannot do this itself. Routes, commands and jobs call these functions; the import contract
`consequences` forbids every other module to call `planning.operations.updates`, which lacks the consequences.
"""

from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.writes import ExpectedVersion
from campaigns.links.destination_checks.operations import check_again_soon
from campaigns.links.operations.notify import announce_campaign
from campaigns.planning.models import Campaign, Unit
from campaigns.planning.operations.updates import (
    apply_campaign_close,
    apply_campaign_reopening,
    apply_campaign_update,
    apply_unit_update,
)
from campaigns.planning.types import CampaignChanges, UnitChanges

# The columns of a campaign that the redirect shows for its links: in previews of shared links, and on the page of a
# link that does not redirect.
SHOWN_BY_LINKS = frozenset({"name", "preview_title", "preview_description", "preview_image"})


async def update_campaign(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    changes: CampaignChanges,
    expected_version: ExpectedVersion,
    now: datetime,
) -> Campaign:
    """Update a campaign that is not closed; if its links show the change, the redirect's caches are notified.

    Existing links keep their destinations. Raises NotFound, Invalid, Stale or Conflict (`campaign-closed`,
    `campaign-published`).
    """
    campaign, changed = await apply_campaign_update(
        session, principal, campaign_id=campaign_id, changes=changes, expected_version=expected_version, now=now
    )
    if changed & SHOWN_BY_LINKS:
        await announce_campaign(session, campaign_id=campaign_id)
    return campaign


async def close_campaign(
    session: AsyncSession, principal: Principal, *, campaign_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Campaign:
    """Close a campaign: it takes no registrations; its links still redirect, and their official page says so.

    Closing twice changes nothing. Raises NotFound or Stale.
    """
    campaign, changed = await apply_campaign_close(
        session, principal, campaign_id=campaign_id, expected_version=expected_version, now=now
    )
    if changed:
        await announce_campaign(session, campaign_id=campaign_id)
    return campaign


async def reopen_campaign(
    session: AsyncSession, principal: Principal, *, campaign_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Campaign:
    """Undo the closing of a campaign, which gets the state back that it had; one that is not closed stays as it is.

    Raises NotFound, Stale or Conflict (`intake-closed`).
    """
    campaign, changed = await apply_campaign_reopening(
        session, principal, campaign_id=campaign_id, expected_version=expected_version, now=now
    )
    if changed:
        await announce_campaign(session, campaign_id=campaign_id)
    return campaign


async def update_unit(
    session: AsyncSession,
    principal: Principal,
    *,
    unit_id: UUID,
    changes: UnitChanges,
    expected_version: ExpectedVersion,
    now: datetime,
) -> Unit:
    """Update a unit's name, host allow-list or templates.

    A new allow-list makes the destinations of all links of this unit and the units below it due for a check. Existing
    links do not change. Raises NotFound, Stale, or Invalid with every error found.
    """
    unit, changed = await apply_unit_update(
        session, principal, unit_id=unit_id, changes=changes, expected_version=expected_version, now=now
    )
    if "allowed_hosts" in changed:
        await check_again_soon(session, unit_path=unit.path, now=now)
    return unit
