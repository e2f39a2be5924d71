"""Links ranked by their clicks. Here and not in `links`, since it reads clicks."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.clicks.bots.reasons import IS_PERSON
from campaigns.clicks.models import Agent, Click
from campaigns.kit.database.rows import fetch_rows
from campaigns.links.models import Link
from campaigns.links.queries import LinkFilters, matching_links
from campaigns.planning.models import Campaign
from campaigns.planning.queries import subtree


@dataclass(frozen=True, slots=True)
class Rank:
    """A position in the ranking: most clicks first; among equal clicks, newest link first."""

    clicks: int
    link_id: UUID


@dataclass(frozen=True, slots=True)
class RankedPage:
    """Links with their clicks, most first; `next_after` is the cursor of the next page, None on the last page."""

    items: Sequence[tuple[Link, int]]
    next_after: Rank | None


async def rank_links(
    session: AsyncSession, principal: Principal, *, filters: LinkFilters, limit: int, after: Rank | None
) -> RankedPage:
    """Up to `limit` links after the rank `after` (None: from the top); raises as `matching_links`.

    Clicks are counted at the time of each call. A link that gains clicks between two pages can be missing from both.
    A link appears on both only if it lost clicks, because they were found to be a robot's.
    """
    matching = await matching_links(session, principal, filters)
    counted = _link_clicks(principal, filters.campaign_id).subquery("counted")
    clicks = func.coalesce(counted.c.clicks, 0)
    statement = (
        select(Link, clicks)
        .outerjoin(counted, counted.c.link_id == col(Link.id))
        .where(col(Link.id).in_(matching.with_only_columns(col(Link.id))))
    )
    if after is not None:
        statement = statement.where(tuple_(clicks, col(Link.id)) < tuple_(after.clicks, after.link_id))
    # One row more than `limit` shows whether there is a next page, without a count.
    statement = statement.order_by(clicks.desc(), col(Link.id).desc()).limit(limit + 1)
    rows = [(link, number) for link, number in await fetch_rows(session, statement)]
    items = rows[:limit]
    more = len(rows) > limit
    return RankedPage(items, Rank(items[-1][1], items[-1][0].id) if more else None)


def _link_clicks(principal: Principal, campaign_id: UUID | None) -> Select[UUID, int]:
    """Clicks of each link of the caller's campaigns, or of the one campaign if given."""
    statement = (
        select(col(Click.link_id), func.count().label("clicks"))
        .outerjoin(Agent, col(Agent.id) == col(Click.agent_id))
        .where(IS_PERSON)
        .group_by(col(Click.link_id))
    )
    if campaign_id is not None:
        return statement.where(col(Click.campaign_id) == campaign_id)
    visible = select(col(Campaign.id)).where(col(Campaign.unit_id).in_(subtree(principal)))
    return statement.where(col(Click.campaign_id).in_(visible))
