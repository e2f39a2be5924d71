"""Create and close campaigns; `updates` holds their update."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.events.operations import record_change
from campaigns.events.types import EventType
from campaigns.kit.database.writes import ExpectedVersion, apply_changes, insert_row
from campaigns.kit.errors import Conflict, FieldError, collect_errors, raise_if_any
from campaigns.planning.models import Campaign
from campaigns.planning.queries import effective_hosts, get_intake, get_unit, lock_campaign
from campaigns.planning.rules import (
    PREVIEW_DESCRIPTION_LENGTH,
    PREVIEW_TITLE_LENGTH,
    allowed_address,
    allowed_picture,
    printable_text,
    require_order,
)
from campaigns.planning.types import CampaignState, OpenState


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
    preview_title: str | None = None,
    preview_description: str | None = None,
    preview_image: str | None = None,
    state: CampaignState,
    now: datetime,
) -> Campaign:
    """Create a campaign of a unit in the caller's subtree, for an intake that the caller may use.

    Chats show the preview for links that have none of their own. Raises NotFound, Invalid (for example if the landing
    host is not on the unit's allow-list) or Conflict (`intake-closed`, `campaign-slug-taken`).
    """
    await get_unit(session, principal, unit_id=unit_id)
    intake = await get_intake(session, principal, intake_id=intake_id)
    if intake.state == OpenState.CLOSED:
        raise Conflict("intake-closed", "The intake is closed. It takes no new campaigns.")
    require_order(starts_at, ends_at, path=("ends_at",))
    normalized = normalize_campaign_fields(
        {
            "landing_url": landing_url,
            "preview_title": preview_title,
            "preview_description": preview_description,
            "preview_image": preview_image,
        },
        await effective_hosts(session, unit_id=unit_id),
    )
    campaign = Campaign(
        unit_id=unit_id,
        intake_id=intake_id,
        name=name,
        slug=slug,
        starts_at=starts_at,
        ends_at=ends_at,
        **normalized,
        state=state.value,
        created_at=now,
    )
    taken = Conflict("campaign-slug-taken", "Another campaign already has this slug.")
    await insert_row(session, campaign, conflicts={"uq_campaigns_slug": taken})
    changes = {"name": name, "slug": slug, "state": state.value}
    record_change(
        session, principal, EventType.CAMPAIGN_CREATED, object_id=campaign.id, unit_id=unit_id, now=now, changes=changes
    )
    return campaign


async def close_campaign(
    session: AsyncSession, principal: Principal, *, campaign_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Campaign:
    """Close a campaign permanently: it takes no registrations, while its links still redirect."""
    campaign = await lock_campaign(session, principal, campaign_id=campaign_id)
    written = apply_changes(campaign, {"state": CampaignState.CLOSED.value}, expected_version=expected_version)
    if written:
        record_change(
            session,
            principal,
            EventType.CAMPAIGN_CLOSED,
            object_id=campaign.id,
            unit_id=campaign.unit_id,
            now=now,
            changes=written,
        )
    return campaign


def normalize_campaign_fields(fields: Mapping[str, Any], hosts: list[str]) -> dict[str, Any]:
    """The normalised URLs and preview texts, as stored; raises Invalid with every error found."""
    errors: list[FieldError] = []
    normalized = dict(fields)
    for name, value in fields.items():
        if value is None:
            continue
        with collect_errors(errors):
            if name in _TEXTS:
                normalized[name] = printable_text(value, longest=_TEXTS[name], path=(name,))
            elif name in _ADDRESSES:
                normalized[name] = _ADDRESSES[name](value, hosts=hosts, path=(name,))
    raise_if_any(errors)
    return normalized


_TEXTS = {"preview_title": PREVIEW_TITLE_LENGTH, "preview_description": PREVIEW_DESCRIPTION_LENGTH}
_ADDRESSES = {"landing_url": allowed_address, "preview_image": allowed_picture}
