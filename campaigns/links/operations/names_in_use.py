"""Terms and contents in use, for comparison with new ones."""

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

# The fields whose names are compared, each only with names of the same field.
CHECKED_FIELDS: Mapping[str, Any] = {"utm_term": Link.utm_term, "utm_content": Link.utm_content}

# Names by field.
Names = Mapping[str, Collection[str]]


async def find_names_in_use(
    session: AsyncSession, principal: Principal, *, unit: Unit, names: Names, besides: UUID | None = None
) -> Names:
    """The names that are in use in the unit, in units below it, or in units above it that the caller may see.

    Texts that are not valid names are skipped. Names of the link `besides` do not count.
    """
    in_use: dict[str, set[str]] = {}
    for field, wanted in names.items():
        possible = set(filter(is_utm_name, wanted))
        statement = _in_use(principal, unit, field, besides).where(col(CHECKED_FIELDS[field]).in_(possible))
        in_use[field] = set(await fetch_values(session, statement)) if possible else set()
    return in_use


async def lock_names_in_use(
    session: AsyncSession,
    principal: Principal,
    *,
    unit: Unit,
    fields: Collection[str],
    mode: RunMode,
    besides: UUID | None = None,
) -> Names:
    """All names in use of the fields; locked as by `lock_names`."""
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
    """Whether any of the names is not in use; texts that are not valid names are skipped."""
    return any(name not in in_use[field] for field, wanted in names.items() for name in filter(is_utm_name, wanted))


async def lock_names(session: AsyncSession, mode: RunMode) -> None:
    """In a real run, let no other transaction add a new term or content until this one ends.

    Otherwise two concurrent transactions could each add one of two near-duplicates, since neither sees the other's
    uncommitted rows. There is one lock for all units: the units whose names are compared depend on the caller, new
    names are rare compared with new links, and transactions that add some are short. A dry run adds nothing and can
    take minutes for a long sheet, so it takes no lock.
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
