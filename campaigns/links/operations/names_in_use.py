"""The lint of links' terms and contents against those in use; asked by `placing` and `changing`, for whoever makes or
changes links for a person.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import literal, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.dry_run import is_dry_run
from campaigns.kit.database.locks import AdvisoryLock, lock_until_commit
from campaigns.links.models import Link
from campaigns.naming.utm import is_utm_name
from campaigns.planning.models import Campaign, Unit

# The fields that are linted; each is a vocabulary of its own.
CHECKED_FIELDS: Mapping[str, Any] = {"utm_term": Link.utm_term, "utm_content": Link.utm_content}

# The names in use, by field.
NamesInUse = Mapping[str, Collection[str]]


async def normalize_names(
    session: AsyncSession,
    principal: Principal,
    *,
    unit: Unit,
    given: NamesInUse,
    spelled: Callable[[NamesInUse], NamesInUse],
    besides: UUID | None = None,
) -> NamesInUse:
    """The terms and contents in use in the unit, in those below it, and in those above it that the caller sees.

    `given` are the names as they were typed, `spelled` tells what the request's names come to, given those in use. If
    none of them is new, no others are read; if one is, what is returned was read under the lock, and holds until the
    transaction ends. The names of the link `besides` do not count.
    """
    names = spelled(dict.fromkeys(CHECKED_FIELDS, ()))
    known: dict[str, set[str]] = {}
    for field, texts in given.items():
        # What is in use as it was typed keeps that spelling, so either can be what a name comes to.
        either = set(filter(is_utm_name, (*names[field], *(text.strip().lower() for text in texts))))
        known[field] = await _in_use(session, principal, unit, field, besides, among=either)
    names = spelled(known)
    if all(name in known[field] for field in given for name in filter(is_utm_name, names[field])):
        return known
    await lock_names(session)
    return {field: await _in_use(session, principal, unit, field, besides) for field in given}


async def lock_names(session: AsyncSession) -> None:
    """Let nobody else bring a new term or content into use before this transaction ends.

    Else two requests at once could each make one of two near-doubles, since neither sees what the other has not
    committed. One lock for the whole force: which units' names a unit shares depends on who asks, new names are few
    beside new links, and a transaction that makes some is short. A dry run brings nothing into use, and that of a long
    sheet takes minutes; it waits for nobody and holds up nobody.
    """
    if not is_dry_run(session):
        await lock_until_commit(session, AdvisoryLock.LINK_NAMES)


async def _in_use(
    session: AsyncSession,
    principal: Principal,
    unit: Unit,
    field: str,
    besides: UUID | None,
    *,
    among: Collection[str] | None = None,
) -> set[str]:
    """The field's names in use, all of them or those `among` some."""
    if among is not None and not among:
        return set()
    column: Any = col(CHECKED_FIELDS[field])
    statement = (
        select(column)
        .distinct()
        .join(Campaign, col(Campaign.id) == Link.campaign_id)
        .join(Unit, col(Unit.id) == Campaign.unit_id)
        .where(
            col(Unit.path).startswith(principal.unit_path),
            or_(col(Unit.path).startswith(unit.path), literal(unit.path).startswith(col(Unit.path))),
            column.is_not(None) if among is None else column.in_(among),
        )
    )
    if besides is not None:
        statement = statement.where(col(Link.id) != besides)
    return set((await session.exec(statement)).all())
