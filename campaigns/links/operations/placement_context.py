"""What links of a campaign are made with: the campaign, its unit, the channels, and what templates are filled from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.dry_run import RunMode
from campaigns.links.models import Link
from campaigns.naming.templates import Templates
from campaigns.planning.models import Campaign, Channel, Unit
from campaigns.planning.queries import effective_templates, get_campaign, get_channels


@dataclass(frozen=True, slots=True)
class PlacementContext:
    """A campaign with all that templates are filled from.

    `made` is how many links the campaign has, or 0 if no template asks; `date` and `month` are the local ones of `now`.
    """

    campaign: Campaign
    unit: Unit
    channels: Mapping[UUID, Channel]
    templates: Templates
    made: int
    now: datetime
    date: str
    month: str
    mode: RunMode

    def values(self, place: int, *, channel_id: UUID, content: str | None, name: str) -> dict[str, str]:
        """What the placeholders stand for in the link at this position."""
        channel = self.channels[channel_id]
        return {
            "source": channel.source,
            "medium": channel.medium,
            "campaign": self.campaign.slug,
            "unit": self.unit.code,
            "content": content or "",
            "name": name,
            "date": self.date,
            "month": self.month,
            "number": str(self.made + place + 1),
        }


async def read_placement_context(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    channel_ids: Collection[UUID],
    patterns: Collection[str] = (),
    mode: RunMode,
    timezone: ZoneInfo,
    now: datetime,
) -> PlacementContext:
    """The context of links of the campaign over the channels; `patterns` are templates besides the unit's.

    Raises NotFound for a campaign or a channel that the caller may not use.
    """
    campaign = await get_campaign(session, principal, campaign_id=campaign_id)
    unit = await session.get_one(Unit, campaign.unit_id)
    channels = await get_channels(session, principal, channel_ids=channel_ids)
    templates = await effective_templates(session, unit_id=unit.id)
    made = 0
    if any("{number}" in (text or "") for text in (templates.term, templates.content, *patterns)):
        made = (await session.exec(select(func.count()).where(col(Link.campaign_id) == campaign_id))).one()
    local = now.astimezone(timezone)
    return PlacementContext(
        campaign=campaign,
        unit=unit,
        channels=channels,
        templates=templates,
        made=made,
        now=now,
        date=local.strftime("%Y-%m-%d"),
        month=local.strftime("%Y-%m"),
        mode=mode,
    )
