"""The terms and contents in use, which new ones are compared with."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, literal, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.dry_run import RunMode
from campaigns.kit.database.locks import AdvisoryLock, lock_until_commit
from campaigns.kit.database.rows import fetch_values
from campaigns.links.models import Link
from campaigns.naming.utm import is_utm_name
from campaigns.planning.models import Campaign, Unit

# The fields whose names are compared; each is a vocabulary of its own.
CHECKED_FIELDS: Mapping[str, Any] = {"utm_term": Link.utm_term, "utm_content": Link.utm_content}

# Names by field.
Names = Mapping[str, Collection[str]]


async def find_names_in_use(
    session: AsyncSession, principal: Principal, *, unit: Unit, names: Names, besides: UUID | None = None
) -> Names:
    """Those of the names that are in use in the unit, in those below it, or in those above it that the caller sees.

    What cannot be a name is never in use. The names of the link `besides` do not count.
    """
    found: dict[str, set[str]] = {}
    for field, wanted in names.items():
        possible = set(filter(is_utm_name, wanted))
        statement = _in_use(principal, unit, field, besides).where(col(CHECKED_FIELDS[field]).in_(possible))
        found[field] = set(await fetch_values(session, statement)) if possible else set()
    return found


async def lock_names_in_use(
    session: AsyncSession,
    principal: Principal,
    *,
    unit: Unit,
    fields: Collection[str],
    mode: RunMode,
    besides: UUID | None = None,
) -> Names:
    """All names in use of the fields; in a real run no other transaction adds to them before this one ends."""
    await lock_names(session, mode)
    return {
        field: set(
            await fetch_values(
                session, _in_use(principal, unit, field, besides).where(col(CHECKED_FIELDS[field]).is_not(None))
            )
        )
        for field in fields
    }


def has_new_name(names: Names, in_use: Names) -> bool:
    """Whether any of the names is not in use; what cannot be a name is refused elsewhere and does not count."""
    return any(name not in in_use[field] for field, found in names.items() for name in filter(is_utm_name, found))


async def lock_names(session: AsyncSession, mode: RunMode) -> None:
    """In a real run let no other transaction bring a new term or content into use before this one ends.

    Else two at once could each make one of two near-duplicates, since neither sees what the other has not committed.
    One lock for the whole force: which units' names a unit shares depends on who asks, new names are few beside new
    links, and a transaction that makes some is short. A dry run brings nothing into use, and that of a long sheet takes
    minutes; it waits for nobody and holds up nobody.
    """
    if mode is RunMode.REAL:
        await lock_until_commit(session, AdvisoryLock.LINK_NAMES)


def _in_use(principal: Principal, unit: Unit, field: str, besides: UUID | None) -> Select[str]:
    column: Any = col(CHECKED_FIELDS[field])
    statement = (
        select(column)
        .distinct()
        .join(Campaign, col(Campaign.id) == Link.campaign_id)
        .join(Unit, col(Unit.id) == Campaign.unit_id)
        .where(
            col(Unit.path).startswith(principal.unit_path),
            or_(col(Unit.path).startswith(unit.path), literal(unit.path).startswith(col(Unit.path))),
        )
    )
    return statement if besides is None else statement.where(col(Link.id) != besides)
