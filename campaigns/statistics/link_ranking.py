"""The list of links by the clicks of people: the one read of links that has to look at clicks."""

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
    """A place in the ranking, which orders by clicks and, among equals, by the newer link first."""

    clicks: int
    link_id: UUID


@dataclass(frozen=True, slots=True)
class RankedPage:
    """Links with the clicks of each, most first, and the rank to ask on from; None when these are the last."""

    items: Sequence[tuple[Link, int]]
    next_after: Rank | None


async def rank_links(
    session: AsyncSession, principal: Principal, *, filters: LinkFilters, limit: int, after: Rank | None
) -> RankedPage:
    """Up to `limit` links that come after the rank (None: from the top); refusals as by `matching_links`.

    Clicks are counted now, so a link that is tapped while somebody turns the pages can be passed over between two of
    them; none is shown twice unless it lost clicks, which are then known to be a robot's.
    """
    matching = await matching_links(session, principal, filters)
    counted = _clicks_of_people(principal, filters.campaign_id).subquery("counted")
    clicks = func.coalesce(counted.c.clicks, 0)
    statement = (
        select(Link, clicks)
        .outerjoin(counted, counted.c.link_id == col(Link.id))
        .where(col(Link.id).in_(matching.with_only_columns(col(Link.id))))
    )
    if after is not None:
        statement = statement.where(tuple_(clicks, col(Link.id)) < tuple_(after.clicks, after.link_id))
    # One row more than asked for tells whether there is a next page, without counting.
    statement = statement.order_by(clicks.desc(), col(Link.id).desc()).limit(limit + 1)
    rows = [(link, number) for link, number in await fetch_rows(session, statement)]
    items = rows[:limit]
    more = len(rows) > limit
    return RankedPage(items, Rank(items[-1][1], items[-1][0].id) if more else None)


def _clicks_of_people(principal: Principal, campaign_id: UUID | None) -> Select[UUID, int]:
    """How many taps people made on each link of the caller's campaigns, or of one of them."""
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
