"""Telling the redirect's caches what changed, in the transaction that changes it: they hear of it when it commits."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, literal
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.links.models import Link
from campaigns.links.resolver.channel import LINKS_CHANNEL


async def announce_slugs(session: AsyncSession, slugs: Sequence[str]) -> None:
    """Tell of these links, whatever their number in one statement; of new ones too, since unknown slugs are kept."""
    listed = func.unnest(literal(list(slugs), ARRAY(Text))).column_valued("slug")
    await session.exec(select(func.pg_notify(LINKS_CHANNEL, listed)))


async def announce_campaign(session: AsyncSession, *, campaign_id: UUID) -> Sequence[str]:
    """Tell of all links of a campaign whose name or preview changed, which they show; returns their slugs."""
    statement = select(Link.slug, func.pg_notify(LINKS_CHANNEL, col(Link.slug))).where(Link.campaign_id == campaign_id)
    return [slug for slug, _ in (await session.exec(statement)).all()]
