"""Which filter values exist for a caller, and how each is stored.

A caller can filter on every value that a result can show it: the links and channels it may use, and those of other
units that its own registrations are credited to.

Each function takes folded spellings and returns `{spelling: stored value}` for those that exist.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, union
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.attribution.models import Conversion
from campaigns.clicks.models import Agent, Click
from campaigns.kit.database.rows import fetch_values
from campaigns.links.models import Link
from campaigns.planning.models import Campaign
from campaigns.planning.queries import canonical_sources, known_channel_media, subtree

Known = Callable[[AsyncSession, Principal, Collection[str]], Awaitable[dict[str, str]]]


async def known_campaigns(session: AsyncSession, principal: Principal, spellings: Collection[str]) -> dict[str, str]:
    """Campaigns of the caller's subtree, by slug."""
    statement = select(col(Campaign.slug)).where(
        col(Campaign.slug).in_(spellings), col(Campaign.unit_id).in_(subtree(principal))
    )
    return {slug: slug for slug in await fetch_values(session, statement)}


async def known_links(session: AsyncSession, principal: Principal, spellings: Collection[str]) -> dict[str, str]:
    """Links of the caller's campaigns and links credited with its registrations, by slug."""
    credited = select(col(Conversion.link_id)).where(col(Conversion.unit_id).in_(subtree(principal)))
    statement = select(col(Link.slug)).where(
        col(Link.slug).in_(spellings),
        or_(col(Link.campaign_id).in_(_own_campaigns(principal)), col(Link.id).in_(credited)),
    )
    return {slug: slug for slug in await fetch_values(session, statement)}


async def known_sources(session: AsyncSession, principal: Principal, spellings: Collection[str]) -> dict[str, str]:
    """Sources and aliases of channels in reach, and sources of the caller's own clicks and registrations."""
    found = await canonical_sources(session, principal, spellings=spellings)
    return found | await _in_figures(
        session, principal, set(spellings) - set(found), of_clicks=Link.utm_source, of_conversions=Conversion.source
    )


async def known_media(session: AsyncSession, principal: Principal, spellings: Collection[str]) -> dict[str, str]:
    """Media of channels in reach, and of the caller's own clicks and registrations."""
    found = {one: one for one in await known_channel_media(session, principal, media=spellings)}
    return found | await _in_figures(
        session, principal, set(spellings) - set(found), of_clicks=Link.utm_medium, of_conversions=Conversion.medium
    )


def fixed_values(words: Iterable[str]) -> Known:
    """A fixed list of values; each is accepted even if no row has it."""
    fixed = frozenset(words)

    async def known(_session: AsyncSession, _principal: Principal, spellings: Collection[str]) -> dict[str, str]:
        return {word: word for word in fixed.intersection(spellings)}

    return known


def values_in_clicks(of_clicks: Any, *, spelled: Callable[[str], str] = str) -> Known:
    """Values that a column has in clicks of the caller's campaigns, at any time; `spelled` reverts the folding.

    Reads those clicks once, however many values are looked up. These columns have no index, which would slow down
    the insertion of every tap.
    """

    async def known(session: AsyncSession, principal: Principal, spellings: Collection[str]) -> dict[str, str]:
        if not spellings:
            return {}
        stored = {one: spelled(one) for one in spellings}
        statement = select(of_clicks).distinct()
        found = set(
            await fetch_values(
                session,
                statement.where(of_clicks.in_(stored.values()), col(Click.campaign_id).in_(_own_campaigns(principal))),
            )
        )
        return {one: value for one, value in stored.items() if value in found}

    return known


async def known_apps(session: AsyncSession, _principal: Principal, spellings: Collection[str]) -> dict[str, str]:
    """Applications of all stored user agents, of any unit: the values are few and not confidential."""
    apps = await fetch_values(session, select(col(Agent.app)).where(col(Agent.app).in_(spellings)).distinct())
    return {app: app for app in apps if app is not None}


async def _in_figures(
    session: AsyncSession, principal: Principal, values: Collection[str], *, of_clicks: Any, of_conversions: Any
) -> dict[str, str]:
    if not values:
        return {}
    clicked = select(of_clicks).where(of_clicks.in_(values), col(Link.campaign_id).in_(_own_campaigns(principal)))
    converted = select(of_conversions).where(
        of_conversions.in_(values), col(Conversion.unit_id).in_(subtree(principal))
    )
    return {value: value for value in await fetch_values(session, union(clicked, converted))}


def _own_campaigns(principal: Principal) -> Select[UUID]:
    return select(col(Campaign.id)).where(col(Campaign.unit_id).in_(subtree(principal)))
