"""The data that new links of a campaign are created from: campaign, unit, channels, templates and their values."""

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
    """A campaign with its channels, the unit's templates, and the values of their placeholders.

    `link_count` is the number of links the campaign has, or 0 if no template contains `{number}`. `date` (YYYY-MM-DD)
    and `month` (YYYY-MM) are those of `now` in the caller's time zone.
    """

    campaign: Campaign
    unit: Unit
    channels: Mapping[UUID, Channel]
    templates: Templates
    link_count: int
    now: datetime
    date: str
    month: str
    mode: RunMode

    def values(self, place: int, *, channel_id: UUID, content: str | None, name: str) -> dict[str, str]:
        """The values of the placeholders for the new link at position `place`, counted from 0."""
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
            "number": str(self.link_count + place + 1),
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
    """Read the context; `patterns` are further templates to be filled, besides those of the unit.

    Raises NotFound for a campaign or a channel that the caller may not use.
    """
    campaign = await get_campaign(session, principal, campaign_id=campaign_id)
    unit = await session.get_one(Unit, campaign.unit_id)
    channels = await get_channels(session, principal, channel_ids=channel_ids)
    templates = await effective_templates(session, unit_id=unit.id)
    link_count = 0
    if any("{number}" in (text or "") for text in (templates.term, templates.content, *patterns)):
        link_count = (await session.exec(select(func.count()).where(col(Link.campaign_id) == campaign_id))).one()
    local = now.astimezone(timezone)
    return PlacementContext(
        campaign=campaign,
        unit=unit,
        channels=channels,
        templates=templates,
        link_count=link_count,
        now=now,
        date=local.strftime("%Y-%m-%d"),
        month=local.strftime("%Y-%m"),
        mode=mode,
    )
