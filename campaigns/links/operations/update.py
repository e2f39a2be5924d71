"""Update, retire and restore links; all notify the redirect's caches on commit."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.events.operations import record_change
from campaigns.events.types import EventType
from campaigns.kit.database.dry_run import RunMode
from campaigns.kit.database.writes import ExpectedVersion, apply_changes, require_version
from campaigns.kit.errors import Conflict, FieldError, collect_errors, invalid_field, raise_if_any
from campaigns.links.destination_checks.operations import CHECKED_COLUMNS, schedule_checks
from campaigns.links.models import Link
from campaigns.links.operations.names_in_use import (
    CHECKED_FIELDS,
    Names,
    find_names_in_use,
    has_new_name,
    lock_names_in_use,
)
from campaigns.links.operations.notify import announce_slugs
from campaigns.links.queries import find_links, lock_link
from campaigns.links.rules import find_date_errors, normalize_fields, require_next_state
from campaigns.links.types import LinkChanges, LinkState
from campaigns.naming.normal_form import TypedName, parse_typed_name
from campaigns.naming.similar_names import find_near_duplicates, near_duplicate
from campaigns.naming.types import NameIssue, Written
from campaigns.planning.models import Unit
from campaigns.planning.queries import effective_hosts, get_campaign


async def update_link(
    session: AsyncSession,
    principal: Principal,
    *,
    link_id: UUID,
    changes: LinkChanges,
    keep_names: Collection[str] = (),
    expected_version: ExpectedVersion,
    now: datetime,
) -> Written[Link]:
    """Update a link; its slug, campaign, source and medium, which are in print, cannot change.

    Of a retired link only the successor can. Only changed fields are validated, so a link can be renamed even if its
    host is no longer on the allow-list, or its term is a near-duplicate confirmed earlier. Returns the link and the
    corrections made in its names. Raises NotFound, Invalid, Stale or Conflict (`link-retired`, `state-not-reachable`).
    """
    link = await lock_link(session, principal, link_id=link_id)
    if link.state == LinkState.RETIRED and changes.keys() - {"successor_id"}:
        raise Conflict("link-retired", "The link is retired and cannot be changed.")
    campaign = await get_campaign(session, principal, campaign_id=link.campaign_id)
    errors: list[FieldError] = []
    with collect_errors(errors):
        await _require_successor(session, principal, link, changes.get("successor_id"))
    named, corrections = await _normalize_names(session, principal, link, campaign.unit_id, changes, keep_names, errors)
    normalized = await _normalize_changes(session, link, campaign.unit_id, named, errors)
    written = apply_changes(link, normalized, expected_version=expected_version)
    if written:
        await _record(session, principal, EventType.LINK_CHANGED, link, campaign.unit_id, written, now)
    return Written(link, corrections)


async def retire_link(
    session: AsyncSession, principal: Principal, *, link_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Link:
    """Retire a link: taps get a page that says so, and its slug is never given to another.

    Retiring twice changes nothing. Raises NotFound or Stale.
    """
    link = await lock_link(session, principal, link_id=link_id)
    if link.state == LinkState.RETIRED:
        require_version(link, expected_version)
        return link
    campaign = await get_campaign(session, principal, campaign_id=link.campaign_id)
    retired = {"state": LinkState.RETIRED.value, "retired_at": now, "retired_from": link.state}
    written = apply_changes(link, retired, expected_version=expected_version)
    await _record(session, principal, EventType.LINK_RETIRED, link, campaign.unit_id, written, now)
    return link


async def restore_link(
    session: AsyncSession, principal: Principal, *, link_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Link:
    """Give a retired link the state back that it had, and check its destinations anew.

    One that was retired before that state was stored is paused. A link that is not retired stays as it is. Raises
    NotFound or Stale.
    """
    link = await lock_link(session, principal, link_id=link_id)
    if link.state != LinkState.RETIRED:
        require_version(link, expected_version)
        return link
    campaign = await get_campaign(session, principal, campaign_id=link.campaign_id)
    restored = {"state": link.retired_from or LinkState.PAUSED.value, "retired_at": None, "retired_from": None}
    written = apply_changes(link, restored, expected_version=expected_version)
    await _record(session, principal, EventType.LINK_RESTORED, link, campaign.unit_id, written, now)
    return link


async def _require_successor(
    session: AsyncSession, principal: Principal, link: Link, successor_id: UUID | None
) -> None:
    """Raise Invalid unless the successor is another link that the caller sees; it need not lead on yet."""
    if successor_id is None or successor_id == link.successor_id:
        return
    if successor_id == link.id:
        raise invalid_field(("successor_id",), "A link cannot be its own successor.", "own-successor")
    if not await find_links(session, principal, link_ids=[successor_id]):
        detail = "This link does not exist, or you may not see it."
        raise invalid_field(("successor_id",), detail, "unknown-link")


async def _record(
    session: AsyncSession,
    principal: Principal,
    event_type: EventType,
    link: Link,
    unit_id: UUID,
    written: dict[str, Any],
    now: datetime,
) -> None:
    """Record a change of the link, with what follows from the columns that were written."""
    await announce_slugs(session, [link.slug])
    if written.keys() & CHECKED_COLUMNS:
        await schedule_checks(session, link, now=now)
    record_change(session, principal, event_type, object_id=link.id, unit_id=unit_id, now=now, changes=written)


async def _normalize_names(
    session: AsyncSession,
    principal: Principal,
    link: Link,
    unit_id: UUID,
    changes: Mapping[str, Any],
    keep_names: Collection[str],
    errors: list[FieldError],
) -> tuple[dict[str, Any], list[NameIssue]]:
    """The changes with normalised names, and the corrections made; appends near-duplicates to `errors`.

    A new name is not compared with the link's own present name, unless another link has that too.
    """
    typed = {
        field: parse_typed_name(text) for field, text in changes.items() if field in CHECKED_FIELDS and text is not None
    }
    if not typed:
        return dict(changes), []
    own = {field: getattr(link, field) for field in typed}
    unit = await session.get_one(Unit, unit_id)
    in_use = await find_names_in_use(
        session,
        principal,
        unit=unit,
        names={field: {name.lower, name.hyphenated} for field, name in typed.items()},
        besides=link.id,
    )
    names = _forms(typed, own, in_use)
    if has_new_name(_without(names, own), in_use):
        in_use = await lock_names_in_use(
            session, principal, unit=unit, fields=typed, mode=RunMode.REAL, besides=link.id
        )
        names = _forms(typed, own, in_use)
    for field, new in _without(names, own).items():
        found = find_near_duplicates(new, in_use[field], keep_names)
        errors += [near_duplicate((field,), name, existing).as_error() for name, existing in found.items()]
    corrections = [issue for field, name in typed.items() for issue in name.corrections(names[field], path=(field,))]
    return {**changes, **names}, corrections


def _forms(typed: Mapping[str, TypedName], own: Mapping[str, str], in_use: Names) -> dict[str, str]:
    """The normal form of each name; the link's own names count as in use."""
    return {field: name.form({*in_use[field], own[field]}) for field, name in typed.items()}


def _without(names: Mapping[str, str], own: Mapping[str, str]) -> dict[str, set[str]]:
    return {field: {name} - {own[field]} for field, name in names.items()}


async def _normalize_changes(
    session: AsyncSession, link: Link, unit_id: UUID, changes: Mapping[str, Any], errors: list[FieldError]
) -> dict[str, Any]:
    """The changes as they are stored; raises Conflict, or Invalid with `errors` and every further error."""
    if "state" in changes:
        require_next_state(link.state, changes["state"])
    hosts = await effective_hosts(session, unit_id=unit_id)
    normalized = normalize_fields(changes, hosts=hosts, path=(), errors=errors)
    if changes.keys() & {"starts_at", "ends_at", "ended_destination"}:
        errors += find_date_errors(
            changes.get("starts_at", link.starts_at),
            changes.get("ends_at", link.ends_at),
            changes.get("ended_destination", link.ended_destination),
            path=(),
        )
    raise_if_any(errors)
    return normalized
