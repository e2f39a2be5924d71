"""Changing and retiring links. Each tells the redirect's caches in the transaction that does it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import Principal
from campaigns.kit.changes import apply_changes, require_version
from campaigns.kit.errors import Conflict, FieldError
from campaigns.kit.faults import refuse
from campaigns.links.checking.recording import CHECKED_COLUMNS, schedule_checks
from campaigns.links.models import Link
from campaigns.links.operations.announcing import announce_slugs
from campaigns.links.queries import get_link
from campaigns.links.rules import find_span_faults, require_next_state, settle_fields
from campaigns.links.types import LinkChanges, LinkState
from campaigns.planning.queries import effective_hosts, get_campaign


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

    Only what is changed is checked again: a host that was taken off the allow-list does not keep a link from being
    renamed. Raises NotFound, Invalid, Stale or Conflict (`link-retired`, `state-not-reachable`).
    """
    link = await get_link(session, principal, link_id=link_id, lock=True)
    if link.state == LinkState.RETIRED:
        raise Conflict("link-retired", "This link is retired and cannot be changed.")
    campaign = await get_campaign(session, principal, campaign_id=link.campaign_id)
    settled = await _settled(session, link, campaign.unit_id, changes)
    written = apply_changes(link, settled, expected_version=expected_version)
    if written:
        await announce_slugs(session, [link.slug])
        if written.keys() & CHECKED_COLUMNS:
            await schedule_checks(session, link, now=now)
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
    await announce_slugs(session, [link.slug])
    await schedule_checks(session, link, now=now)
    record_audit(
        session, principal, "link.retired", object_id=link.id, unit_id=campaign.unit_id, now=now, changes=written
    )
    return link


async def _settled(session: AsyncSession, link: Link, unit_id: UUID, changes: LinkChanges) -> dict[str, Any]:
    """The changes as they are stored, if the link may have them; raises Invalid or Conflict."""
    if "state" in changes:
        require_next_state(link.state, changes["state"])
    faults: list[FieldError] = []
    hosts = await effective_hosts(session, unit_id=unit_id)
    settled = settle_fields(changes, hosts=hosts, pointer="", faults=faults)
    if changes.keys() & {"starts_at", "ends_at", "ended_destination"}:
        faults += find_span_faults(
            changes.get("starts_at", link.starts_at),
            changes.get("ends_at", link.ends_at),
            changes.get("ended_destination", link.ended_destination),
            pointer="",
        )
    refuse(faults)
    return settled
