"""Notifications of changed links, for the redirect's caches; sent in the transaction that makes the change."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.database.notifications import notify
from campaigns.links.models import Link
from campaigns.links.resolver.channel import LINKS_CHANNEL


async def announce_slugs(session: AsyncSession, slugs: Sequence[str]) -> None:
    """Announce links that were made or changed, in one statement; new ones too, since unknown slugs are cached."""
    await notify(session, LINKS_CHANNEL, slugs)


async def announce_campaign(session: AsyncSession, *, campaign_id: UUID) -> None:
    """Announce every link of a campaign whose name or preview changed, which its links show."""
    slugs = (await session.exec(select(Link.slug).where(Link.campaign_id == campaign_id))).all()
    await announce_slugs(session, slugs)
