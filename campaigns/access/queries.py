"""Reads of access: the caller behind a key, keys, and audit entries."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import ApiKey, AuditEntry
from campaigns.access.rules import digest_of, is_usable, is_well_formed
from campaigns.access.types import Actor, ActorKind, ObjectType, Principal, Role
from campaigns.kit.database.paging import Page, PageRequest, fetch_page
from campaigns.kit.errors import NotFound, invalid_filter


async def find_principal(session: AsyncSession, *, secret: str, now: datetime) -> Principal | None:
    """The caller behind an API key; None for a key that is malformed, unknown, expired or revoked."""
    if not is_well_formed(secret):
        return None
    key = (await session.exec(select(ApiKey).where(ApiKey.digest == digest_of(secret)))).first()
    if key is None or not is_usable(expires_at=key.expires_at, revoked_at=key.revoked_at, now=now):
        return None
    return Principal(
        actor=Actor(ActorKind.KEY, key.id), role=Role(key.role), unit_id=key.unit_id, unit_path=key.unit_path
    )


async def list_keys(session: AsyncSession) -> Sequence[ApiKey]:
    """All keys, newest first."""
    return (await session.exec(select(ApiKey).order_by(col(ApiKey.id).desc()))).all()


async def last_changes(
    session: AsyncSession, *, action: str, object_type: ObjectType, object_id: UUID
) -> Mapping[str, Any]:
    """What the newest entry of an action on an object changed: `{column: {"from": …, "to": …}}`; empty without one."""
    of_object = (AuditEntry.object_type == object_type.value, AuditEntry.object_id == object_id)
    statement = select(AuditEntry.changes).where(*of_object, AuditEntry.action == action)
    statement = statement.order_by(col(AuditEntry.id).desc())
    return (await session.exec(statement.limit(1))).first() or {}


async def list_audit_entries(
    session: AsyncSession,
    *,
    units: Select[Any],
    object_type: ObjectType | None,
    object_id: UUID | None,
    since: datetime | None,
    until: datetime | None,
    page: PageRequest,
) -> Page[AuditEntry]:
    """Entries about the units whose ids `units` selects, newest first; `since` is inclusive, `until` exclusive.

    Raises NotFound for an object without an entry there (its making was one), and Invalid for an `object_id` without
    its `object_type` (the two are one index) and for times in the wrong order.
    """
    if object_id is not None and object_type is None:
        raise invalid_filter("object_type", "`object_type` is required together with `object_id`.", "missing")
    if since is not None and until is not None and until <= since:
        raise invalid_filter("until", "This time must be after `since`.", "wrong-order")
    statement = select(AuditEntry).where(col(AuditEntry.unit_id).in_(units))
    if object_type is not None:
        statement = statement.where(AuditEntry.object_type == object_type.value)
    if object_id is not None:
        statement = statement.where(AuditEntry.object_id == object_id)
        if (await session.exec(statement.limit(1))).first() is None:
            raise NotFound(object_type or "object")
    if since is not None:
        statement = statement.where(col(AuditEntry.at) >= since)
    if until is not None:
        statement = statement.where(col(AuditEntry.at) < until)
    return await fetch_page(session, statement, key=col(AuditEntry.id), request=page)
