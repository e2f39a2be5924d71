"""Reads of links, each confined to the campaigns of the caller's subtree."""

from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from campaigns.access.types import Principal
from campaigns.kit.errors import NotFound
from campaigns.kit.paging import Page, PageRequest, fetch_page
from campaigns.links.models import Link
from campaigns.planning.models import Campaign
from campaigns.planning.queries import get_campaign, get_channel, subtree


def _visible_links(principal: Principal) -> SelectOfScalar[Link]:
    return (
        select(Link)
        .join(Campaign, col(Campaign.id) == Link.campaign_id)
        .where(col(Campaign.unit_id).in_(subtree(principal)))
    )


async def get_link(session: AsyncSession, principal: Principal, *, link_id: UUID, lock: bool = False) -> Link:
    """A link of one of the caller's campaigns; raises NotFound."""
    statement = _visible_links(principal).where(col(Link.id) == link_id)
    if lock:
        # Registrations that refer to the link need not wait (`key_share`), since its keys never change.
        statement = statement.with_for_update(of=Link, key_share=True)
    link = (await session.exec(statement)).first()
    if link is None:
        raise NotFound("link")
    return link


async def list_links(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID | None,
    channel_id: UUID | None,
    state: str | None,
    page: PageRequest,
) -> Page[Link]:
    """Links of the caller's campaigns; raises NotFound for a campaign or channel the caller does not see."""
    statement = _visible_links(principal)
    if campaign_id is not None:
        await get_campaign(session, principal, campaign_id=campaign_id)
        statement = statement.where(col(Link.campaign_id) == campaign_id)
    if channel_id is not None:
        await get_channel(session, principal, channel_id=channel_id)
        statement = statement.where(col(Link.channel_id) == channel_id)
    if state is not None:
        statement = statement.where(col(Link.state) == state)
    return await fetch_page(session, statement, key=Link.id, request=page)
