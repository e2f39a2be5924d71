"""Reads of links, each limited to the campaigns of the caller's subtree."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.paging import Page, PageRequest, fetch_page
from campaigns.kit.database.rows import fetch_existing, fetch_values, locked
from campaigns.kit.errors import FieldError, collect_errors, raise_as_invalid_filter, raise_if_any
from campaigns.links.models import DestinationCheck, Link
from campaigns.links.rules import fold_tag
from campaigns.links.types import CheckVerdict
from campaigns.planning.models import Campaign
from campaigns.planning.queries import get_campaign, get_channel, subtree


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFilters:
    """Filters of links, combined by AND; None and () match all.

    A link must have all `tags`. `search` is a substring of the name, slug, content or destination, in any case.
    `check` "ok" matches links that have been checked with no other verdict, another verdict those with any destination
    of that verdict.
    """

    campaign_id: UUID | None = None
    channel_id: UUID | None = None
    state: str | None = None
    tags: Sequence[str] = ()
    search: str | None = None
    check: str | None = None


def _visible_links(principal: Principal) -> Select[Link]:
    return (
        select(Link)
        .join(Campaign, col(Campaign.id) == Link.campaign_id)
        .where(col(Campaign.unit_id).in_(subtree(principal)))
    )


def _link(principal: Principal, link_id: UUID) -> Select[Link]:
    return _visible_links(principal).where(col(Link.id) == link_id)


async def get_link(session: AsyncSession, principal: Principal, *, link_id: UUID) -> Link:
    """A link of one of the caller's campaigns; raises NotFound."""
    return await fetch_existing(session, _link(principal, link_id), "link")


async def lock_link(session: AsyncSession, principal: Principal, *, link_id: UUID) -> Link:
    """A link of one of the caller's campaigns, locked until the transaction ends; raises NotFound."""
    return await fetch_existing(session, locked(_link(principal, link_id), Link), "link")


async def find_links(session: AsyncSession, principal: Principal, *, link_ids: Collection[UUID]) -> Mapping[UUID, Link]:
    """The links among `link_ids` that belong to the caller's campaigns, by id."""
    statement = _visible_links(principal).where(col(Link.id).in_(link_ids))
    return {link.id: link for link in await fetch_values(session, statement)}


async def list_links(
    session: AsyncSession, principal: Principal, *, filters: LinkFilters, page: PageRequest
) -> Page[Link]:
    """Links of the caller's campaigns, newest first; raises as `matching_links`."""
    statement = await matching_links(session, principal, filters)
    return await fetch_page(session, statement, key=col(Link.id), request=page)


async def matching_links(session: AsyncSession, principal: Principal, filters: LinkFilters) -> Select[Link]:
    """The unordered select of the caller's links that match the filters.

    Raises NotFound for a campaign or channel that the caller may not see, and InvalidFilter for a tag that none of its
    links has.
    """
    statement = _visible_links(principal)
    if filters.campaign_id is not None:
        await get_campaign(session, principal, campaign_id=filters.campaign_id)
        statement = statement.where(col(Link.campaign_id) == filters.campaign_id)
    if filters.channel_id is not None:
        await get_channel(session, principal, channel_id=filters.channel_id)
        statement = statement.where(col(Link.channel_id) == filters.channel_id)
    if filters.state is not None:
        statement = statement.where(col(Link.state) == filters.state)
    if filters.tags:
        wanted = await _known_tags(session, principal, filters.tags)
        statement = statement.where(col(Link.tags).bool_op("@>")(wanted))
    if filters.search is not None:
        searched = (Link.name, Link.slug, Link.utm_content, Link.destination)
        statement = statement.where(or_(*(col(text).icontains(filters.search, autoescape=True) for text in searched)))
    if filters.check is not None:
        of_link, verdict = col(DestinationCheck.link_id) == col(Link.id), col(DestinationCheck.verdict)
        statement = statement.where(exists().where(of_link, verdict == filters.check))
        if filters.check == CheckVerdict.OK:
            statement = statement.where(~exists().where(of_link, verdict != CheckVerdict.OK.value))
    return statement


async def _known_tags(session: AsyncSession, principal: Principal, tags: Sequence[str]) -> list[str]:
    """The tags as they are stored; raises InvalidFilter for tags that none of the caller's links has."""
    errors: list[FieldError] = []
    wanted: list[str] = []
    for tag in tags:
        with collect_errors(errors):
            wanted.append(fold_tag(tag, path=("tag",)))
    with raise_as_invalid_filter():
        raise_if_any(errors)
    visible = _visible_links(principal).where(col(Link.tags).bool_op("&&")(wanted)).subquery()
    statement = select(func.unnest(visible.c.tags)).distinct()
    known = set(await fetch_values(session, statement))
    detail = "None of your links has this tag."
    with raise_as_invalid_filter():
        raise_if_any([FieldError(("tag",), detail, "unknown-tag") for tag in wanted if tag not in known])
    return wanted
