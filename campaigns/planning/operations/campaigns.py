"""Create campaigns; `updates` holds their update, closing and reopening."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.events.operations import record_change
from campaigns.events.types import EventType
from campaigns.kit.database.writes import insert_row
from campaigns.kit.errors import Conflict, FieldError, collect_errors, raise_if_any
from campaigns.planning.models import Campaign
from campaigns.planning.queries import effective_hosts, get_intake, get_unit
from campaigns.planning.rules import (
    PREVIEW_DESCRIPTION_LENGTH,
    PREVIEW_TITLE_LENGTH,
    allowed_address,
    allowed_picture,
    printable_text,
    require_order,
)
from campaigns.planning.types import CampaignSpec, OpenState


async def create_campaign(
    session: AsyncSession, principal: Principal, *, spec: CampaignSpec, now: datetime
) -> Campaign:
    """Create a campaign of a unit in the caller's subtree, for an intake that the caller may use.

    Raises NotFound, Invalid (for example if the landing host is not on the unit's allow-list) or Conflict
    (`intake-closed`, `campaign-slug-taken`).
    """
    await get_unit(session, principal, unit_id=spec.unit_id)
    intake = await get_intake(session, principal, intake_id=spec.intake_id)
    if intake.state == OpenState.CLOSED:
        raise Conflict("intake-closed", "The intake is closed. It takes no new campaigns.")
    require_order(spec.starts_at, spec.ends_at, path=("ends_at",))
    hosts = await effective_hosts(session, unit_id=spec.unit_id)
    fields = normalize_campaign_fields(asdict(spec), hosts)
    campaign = Campaign(**fields | {"state": spec.state.value}, created_at=now)
    taken = Conflict("campaign-slug-taken", "Another campaign already has this slug.")
    await insert_row(session, campaign, conflicts={"uq_campaigns_slug": taken})
    record_change(
        session,
        principal,
        EventType.CAMPAIGN_CREATED,
        object_id=campaign.id,
        unit_id=spec.unit_id,
        now=now,
        changes={"name": spec.name, "slug": spec.slug, "state": spec.state.value},
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
