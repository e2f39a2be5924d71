"""Making, changing and retiring links. Each tells the redirect's caches in the transaction that does it."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import Principal
from campaigns.kit.changes import apply_changes, require_version
from campaigns.kit.database import violated_constraint
from campaigns.kit.errors import Conflict, Unavailable
from campaigns.links.announcing import LINKS_CHANNEL
from campaigns.links.models import Link
from campaigns.links.queries import get_link
from campaigns.links.rules import DRAWN_LENGTHS, draw_slug, fold_slug, fold_utm_value
from campaigns.links.types import LinkChanges, LinkState
from campaigns.planning.operations.campaigns import checked_destination
from campaigns.planning.queries import get_campaign, get_channel
from campaigns.planning.types import CampaignState, OpenState


async def create_link(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    channel_id: UUID,
    name: str,
    slug: str | None,
    destination: str | None,
    utm_term: str | None,
    utm_content: str | None,
    now: datetime,
) -> Link:
    """Make a link of one of the caller's campaigns over a channel it may use.

    Without a slug one is drawn; without a destination the link leads to the campaign's landing page. Raises NotFound,
    Invalid (among others for a destination whose host is not on the allow-list of the campaign's unit), Conflict
    (`campaign-closed`, `channel-closed`, `slug-taken`) or Unavailable (`no-free-slug`).
    """
    campaign = await get_campaign(session, principal, campaign_id=campaign_id)
    if campaign.state == CampaignState.CLOSED:
        raise Conflict("campaign-closed", "This campaign is closed; it takes no new link.")
    channel = await get_channel(session, principal, channel_id=channel_id)
    if channel.state == OpenState.CLOSED:
        raise Conflict("channel-closed", "This channel is closed; no new link gets it.")
    slugs = map(draw_slug, DRAWN_LENGTHS) if slug is None else [fold_slug(slug, pointer="/slug")]
    # The landing page is checked again too: its host may have been taken off the allow-list since.
    destination = await checked_destination(
        session, unit_id=campaign.unit_id, text=destination or campaign.landing_url, pointer="/destination"
    )
    link = Link(
        campaign_id=campaign_id,
        channel_id=channel_id,
        name=name,
        destination=destination,
        utm_source=channel.source,
        utm_medium=channel.medium,
        utm_campaign=campaign.slug,
        utm_term=_folded(utm_term, "/utm_term"),
        utm_content=_folded(utm_content, "/utm_content"),
        state=LinkState.ACTIVE.value,
        created_at=now,
    )
    if not await _insert(session, link, slugs):
        if slug is None:
            raise Unavailable("no-free-slug", "No free slug was found; repeat the request.")
        raise Conflict("slug-taken", "Another link has or had this slug; a slug is never given twice.")
    await _announce(session, link)
    record_audit(
        session,
        principal,
        "link.created",
        object_id=link.id,
        unit_id=campaign.unit_id,
        now=now,
        changes={
            "campaign_id": str(campaign_id),
            "channel_id": str(channel_id),
            "name": name,
            "slug": link.slug,
            "destination": destination,
        },
    )
    return link


async def change_link(
    session: AsyncSession,
    principal: Principal,
    *,
    link_id: UUID,
    changes: LinkChanges,
    expected_version: int | None,
    now: datetime,
) -> Link:
    """Change a link that is not retired; its slug, campaign, source and medium are in print and in figures and stay.

    Raises NotFound, Invalid, Stale or Conflict (`link-retired`).
    """
    link = await get_link(session, principal, link_id=link_id, lock=True)
    if link.state == LinkState.RETIRED:
        raise Conflict("link-retired", "This link is retired and cannot be changed.")
    campaign = await get_campaign(session, principal, campaign_id=link.campaign_id)
    if "destination" in changes:
        destination = await checked_destination(
            session, unit_id=campaign.unit_id, text=changes["destination"], pointer="/destination"
        )
        changes = {**changes, "destination": destination}
    if "utm_term" in changes:
        changes = {**changes, "utm_term": _folded(changes["utm_term"], "/utm_term")}
    if "utm_content" in changes:
        changes = {**changes, "utm_content": _folded(changes["utm_content"], "/utm_content")}
    written = apply_changes(link, changes, expected_version=expected_version)
    if written:
        await _announce(session, link)
        record_audit(
            session, principal, "link.changed", object_id=link.id, unit_id=campaign.unit_id, now=now, changes=written
        )
    return link


async def retire_link(
    session: AsyncSession, principal: Principal, *, link_id: UUID, expected_version: int | None, now: datetime
) -> Link:
    """Retire a link for good: taps get a page that says so, and its slug is never given again.

    Retiring twice changes nothing. Raises NotFound or Stale.
    """
    link = await get_link(session, principal, link_id=link_id, lock=True)
    if link.state == LinkState.RETIRED:
        require_version(link, expected_version)
        return link
    campaign = await get_campaign(session, principal, campaign_id=link.campaign_id)
    retired = {"state": LinkState.RETIRED.value, "retired_at": now}
    written = apply_changes(link, retired, expected_version=expected_version)
    await _announce(session, link)
    record_audit(
        session, principal, "link.retired", object_id=link.id, unit_id=campaign.unit_id, now=now, changes=written
    )
    return link


def _folded(value: str | None, pointer: str) -> str | None:
    return None if value is None else fold_utm_value(value, pointer=pointer)


async def _insert(session: AsyncSession, link: Link, slugs: Iterable[str]) -> bool:
    """Store a new link under the first of the slugs that is free; False if none is."""
    for slug in slugs:
        link.slug = slug
        try:
            async with session.begin_nested():
                session.add(link)
        except IntegrityError as error:
            if violated_constraint(error) != "uq_links_slug":
                raise
        else:
            return True
    return False


async def _announce(session: AsyncSession, link: Link) -> None:
    """Tell the redirect's caches once this transaction commits; of new links too, since they remember unknown slugs."""
    await session.exec(select(func.pg_notify(LINKS_CHANNEL, link.slug)))
