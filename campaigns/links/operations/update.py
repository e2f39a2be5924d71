"""Changing and retiring links. Each tells the redirect's caches in the transaction that does it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import Principal
from campaigns.kit.database.versioning import apply_changes, require_version
from campaigns.kit.errors import Conflict, FieldError, raise_if_any
from campaigns.links.destination_checks.operations import CHECKED_COLUMNS, schedule_checks
from campaigns.links.models import Link
from campaigns.links.operations.names_in_use import CHECKED_FIELDS, NamesInUse, normalize_names
from campaigns.links.operations.notify import announce_slugs
from campaigns.links.queries import lock_link
from campaigns.links.rules import find_date_errors, normalize_fields, require_next_state
from campaigns.links.types import LinkChanges, LinkState
from campaigns.naming.similar_names import NameIssue, find_near_duplicates, near_duplicate, normalize_name
from campaigns.planning.models import Unit
from campaigns.planning.queries import effective_hosts, get_campaign


async def update_link(
    session: AsyncSession,
    principal: Principal,
    *,
    link_id: UUID,
    changes: LinkChanges,
    keep_names: Collection[str] = (),
    expected_version: int | None,
    now: datetime,
    corrections: list[NameIssue] | None = None,
) -> Link:
    """Change a link that is not retired; its slug, campaign, source and medium are in print and in figures and stay.

    Only what is changed is checked again: a host that was taken off the allow-list does not keep a link from being
    renamed, nor a near-double that was confirmed once. What is mended in a new term or content is added to
    `corrections`.
    Raises NotFound, Invalid, Stale or Conflict (`link-retired`, `state-not-reachable`).
    """
    link = await lock_link(session, principal, link_id=link_id)
    if link.state == LinkState.RETIRED:
        raise Conflict("link-retired", "This link is retired and cannot be changed.")
    campaign = await get_campaign(session, principal, campaign_id=link.campaign_id)
    faults: list[FieldError] = []
    named, mended = await _named(session, principal, link, campaign.unit_id, changes, keep_names, faults)
    settled = await _settled(session, link, campaign.unit_id, named, faults)
    if corrections is not None:
        corrections += mended
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
    link = await lock_link(session, principal, link_id=link_id)
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


async def _named(
    session: AsyncSession,
    principal: Principal,
    link: Link,
    unit_id: UUID,
    changes: Mapping[str, Any],
    keep_names: Collection[str],
    faults: list[FieldError],
) -> tuple[dict[str, Any], list[NameIssue]]:
    """The changes with their names in the one spelling, and what was mended; near-doubles are added to `faults`.

    The name that the link has now is in use, but where no other link has it, it is on its way out, and the new name is
    no double of it.
    """
    given = {field: text for field, text in changes.items() if field in CHECKED_FIELDS and text is not None}
    if not given:
        return dict(changes), []
    own = {field: getattr(link, field) for field in given}

    def mended(known: NamesInUse) -> dict[str, tuple[str, list[NameIssue]]]:
        return {
            field: normalize_name(text, path=(field,), known={*known[field], own[field]})
            for field, text in given.items()
        }

    def spelled(known: NamesInUse) -> NamesInUse:
        return {field: {name} - {own[field]} for field, (name, _) in mended(known).items()}

    unit = await session.get_one(Unit, unit_id)
    others = await normalize_names(
        session,
        principal,
        unit=unit,
        given={field: [text] for field, text in given.items()},
        spelled=spelled,
        besides=link.id,
    )
    names = mended(others)
    for field, new in spelled(others).items():
        doubles = find_near_duplicates(new, others[field], keep_names)
        faults += [near_duplicate((field,), name, double).as_error() for name, double in doubles.items()]
    corrections = [fault for _, mending in names.values() for fault in mending]
    return {**changes, **{field: name for field, (name, _) in names.items()}}, corrections


async def _settled(
    session: AsyncSession, link: Link, unit_id: UUID, changes: Mapping[str, Any], faults: list[FieldError]
) -> dict[str, Any]:
    """The changes as they are stored, if the link may have them; raises Conflict, or Invalid with `faults` too."""
    if "state" in changes:
        require_next_state(link.state, changes["state"])
    hosts = await effective_hosts(session, unit_id=unit_id)
    settled = normalize_fields(changes, hosts=hosts, path=(), faults=faults)
    if changes.keys() & {"starts_at", "ends_at", "ended_destination"}:
        faults += find_date_errors(
            changes.get("starts_at", link.starts_at),
            changes.get("ends_at", link.ends_at),
            changes.get("ended_destination", link.ended_destination),
            path=(),
        )
    raise_if_any(faults)
    return settled
