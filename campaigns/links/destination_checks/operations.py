"""Scheduling of destination checks, and the storing of their findings.

No page is requested while a transaction is open: `claim_due` moves the time of a check ahead and its transaction is
committed, then the page is requested, then `record_finding` stores the finding. If the process dies in between, the
check is due again after `CLAIMED_FOR`; a second request does no harm. Two processes never claim the same check, since
each skips locked rows.
"""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import SYSTEM, ObjectType
from campaigns.links.destination_checks.types import DueCheck, Finding
from campaigns.links.models import DestinationCheck, Link
from campaigns.links.types import CheckVerdict, LinkState
from campaigns.planning.models import Campaign, Unit
from campaigns.planning.queries import effective_hosts

# Changes of these columns of a link make its checks due.
CHECKED_COLUMNS = frozenset(
    {"destination", "ended_destination", "rules", "variants", "utm_term", "utm_content", "retired_at"}
)
# The columns of a check that hold its finding.
_FINDING_COLUMNS = tuple(field.name for field in fields(Finding))

CLAIMED_FOR = timedelta(minutes=5)
WHILE_OK = timedelta(hours=24)
AFTER_FAILURES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
MAX_FAILURES = 1000


def places_of(link: Link) -> list[tuple[str, str]]:
    """Each destination of a link as (place, address); places are `default`, `ended`, `rule:<n>` and `variant:<key>`."""
    places = [("default", link.destination)]
    if link.ended_destination is not None:
        places.append(("ended", link.ended_destination))
    places += [(f"rule:{position}", rule["destination"]) for position, rule in enumerate(link.rules)]
    places += [(f"variant:{variant['key']}", variant["destination"]) for variant in link.variants]
    return places


async def schedule_checks(session: AsyncSession, *links: Link, now: datetime) -> None:
    """Make the checks of these links due now; for links that were created or changed in `CHECKED_COLUMNS`.

    Findings are cleared, since they are about the links as they were. One failure is kept, so that the audit trail
    tells when a broken destination works again. Checks of retired links are deleted.
    """
    kept = [(link.id, place) for link in links if link.state != LinkState.RETIRED.value for place, _ in places_of(link)]
    kept.sort()  # as `check_again_soon` takes them, so that neither waits for the other
    obsolete = delete(DestinationCheck).where(
        col(DestinationCheck.link_id).in_([link.id for link in links]),
        tuple_(col(DestinationCheck.link_id), col(DestinationCheck.place)).not_in(kept),
    )
    await session.exec(obsolete)
    if not kept:
        return
    values = [{"link_id": link_id, "place": place, "next_at": now, "failures": 0} for link_id, place in kept]
    forgotten = dict.fromkeys(("checked_at", *_FINDING_COLUMNS))
    statement = insert(DestinationCheck).values(values)
    await session.exec(
        statement.on_conflict_do_update(
            index_elements=["link_id", "place"],
            set_={"next_at": now, "failures": func.least(col(DestinationCheck.failures), 1), **forgotten},
        )
    )


async def check_again_soon(session: AsyncSession, *, unit_path: str, now: datetime) -> None:
    """Make all checks of a unit and of those below it due now, after a change of its allow-list; findings are kept."""
    units = select(Unit.id).where(col(Unit.path).startswith(unit_path))
    links = select(Link.id).join(Campaign, col(Campaign.id) == Link.campaign_id).where(col(Campaign.unit_id).in_(units))
    of_links = select(DestinationCheck.link_id, DestinationCheck.place).where(col(DestinationCheck.link_id).in_(links))
    ordered = of_links.order_by(col(DestinationCheck.link_id), col(DestinationCheck.place))
    locked = ordered.with_for_update().cte("locked")
    await session.exec(
        update(DestinationCheck)
        .where(col(DestinationCheck.link_id) == locked.c.link_id, col(DestinationCheck.place) == locked.c.place)
        .values(next_at=now)
        .execution_options(synchronize_session=False)
    )


async def claim_due(session: AsyncSession, *, now: datetime, limit: int) -> list[DueCheck]:
    """Claim up to `limit` due checks, for the caller to carry out after committing.

    Half of them are those that became due last, so that a link just created or changed does not wait behind an import
    of thousands; the others are those that have waited longest, so that none waits for ever.
    """
    newest = await _claim(session, col(DestinationCheck.next_at).desc(), now=now, limit=limit // 2)
    oldest = await _claim(session, col(DestinationCheck.next_at), now=now, limit=limit - len(newest))
    return newest + oldest


async def _claim(session: AsyncSession, order: Any, *, now: datetime, limit: int) -> list[DueCheck]:
    statement = (
        select(DestinationCheck, Link, Campaign.unit_id)
        .join(Link, col(Link.id) == DestinationCheck.link_id)
        .join(Campaign, col(Campaign.id) == Link.campaign_id)
        .where(col(DestinationCheck.next_at) <= now)
        .order_by(order)
        .limit(limit)
        .with_for_update(of=DestinationCheck, skip_locked=True)
    )
    claimed: list[DueCheck] = []
    hosts: dict[UUID, tuple[str, ...]] = {}
    for check, link, unit_id in (await session.exec(statement)).all():
        destination = _destination(link, check.place)
        if destination is None:
            await session.delete(check)
            continue
        if unit_id not in hosts:
            hosts[unit_id] = tuple(await effective_hosts(session, unit_id=unit_id))
        check.next_at = now + CLAIMED_FOR
        claimed.append(DueCheck(link.id, check.place, destination, link.utm, hosts[unit_id]))
    return claimed


async def record_finding(session: AsyncSession, due: DueCheck, finding: Finding, *, now: datetime) -> bool:
    """Store a finding, with an audit entry if the destination broke or works again.

    Returns False and stores nothing if the link or its allow-list was changed meanwhile, or the link retired; another
    check is due then.
    """
    claimed = await _lock_unchanged(session, due)
    if claimed is None:
        return False
    check, unit_id = claimed
    was_broken, is_broken = check.failures > 0, finding.verdict is not CheckVerdict.OK
    if was_broken != is_broken:
        record_audit(
            session,
            SYSTEM,
            ObjectType.LINK,
            "destination_broken" if is_broken else "destination_mended",
            object_id=due.link_id,
            unit_id=unit_id,
            now=now,
            changes={"place": due.place, "verdict": finding.verdict.value, "detail": finding.detail},
        )
    check.failures = min(check.failures + 1, MAX_FAILURES) if is_broken else 0
    check.next_at = next_time(check.failures, link_id=due.link_id, now=now)
    check.checked_at = now
    for column in _FINDING_COLUMNS:
        setattr(check, column, getattr(finding, column))
    check.verdict = finding.verdict.value
    return True


async def _lock_unchanged(session: AsyncSession, due: DueCheck) -> tuple[DestinationCheck, UUID] | None:
    """The locked row of the check and the unit of its link; None if the link or its allow-list is another by now."""
    locked = select(DestinationCheck).where(
        col(DestinationCheck.link_id) == due.link_id, col(DestinationCheck.place) == due.place
    )
    check = (await session.exec(locked.with_for_update().execution_options(populate_existing=True))).first()
    if check is None:
        return None
    # Read after the row was locked: a change that was under way has then been committed, and is seen.
    owner = (
        select(Link, Campaign.unit_id)
        .join(Campaign, col(Campaign.id) == Link.campaign_id)
        .where(col(Link.id) == due.link_id)
    )
    link, unit_id = (await session.exec(owner)).one()
    if _destination(link, due.place) != due.destination or link.utm != due.utm:
        return None
    if tuple(await effective_hosts(session, unit_id=unit_id)) != due.allowed_hosts:
        return None
    return check, unit_id


def next_time(failures: int, *, link_id: UUID, now: datetime) -> datetime:
    """When the next check is due: after a day without failures, else after the pause in `AFTER_FAILURES`.

    Up to a tenth earlier or later, by the random end of the link's id, so that links created together are not all
    checked together.
    """
    wait = AFTER_FAILURES[min(failures, len(AFTER_FAILURES)) - 1] if failures else WHILE_OK
    return now + wait * (0.9 + 0.2 * (link_id.int % 1000) / 1000)


def _destination(link: Link, place: str) -> str | None:
    """The address of this place of the link; None if there is no such place any more or the link is retired."""
    return None if link.state == LinkState.RETIRED.value else dict(places_of(link)).get(place)
