"""Notify the redirect's caches of changed links; PostgreSQL delivers the notification when the change commits."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.notifications import notify
from campaigns.links.models import Link
from campaigns.links.resolver.channel import LINKS_CHANNEL


async def announce_slugs(session: AsyncSession, slugs: Sequence[str]) -> None:
    """Announce created or updated links, in one statement. New ones need it because unknown slugs are cached too."""
    await notify(session, LINKS_CHANNEL, slugs)


async def announce_campaign(session: AsyncSession, *, campaign_id: UUID) -> None:
    """Announce all links of a campaign after an update of its name or preview, which its links show."""
    slugs = (await session.exec(select(Link.slug).where(Link.campaign_id == campaign_id))).all()
    await announce_slugs(session, slugs)
