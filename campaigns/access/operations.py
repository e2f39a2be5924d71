"""Writes of access: creating and revoking keys, and the audit trail of all slices."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import ApiKey, AuditEntry
from campaigns.access.rules import DISPLAY_LENGTH, MAX_LIFETIME, MAX_NAME_LENGTH, digest_of, new_secret
from campaigns.access.types import Actor, ObjectType, Principal, Role, actor_of
from campaigns.kit.errors import Conflict, NotFound, invalid_field


def record_audit(
    session: AsyncSession,
    by: Principal | Actor,
    object_type: ObjectType,
    done: str,
    *,
    object_id: UUID | None,
    unit_id: UUID | None,
    now: datetime,
    changes: dict[str, Any] | None = None,
) -> None:
    """Add an audit entry in the transaction of the change it is about.

    `done` is a past participle, such as `retired`; the entry's action is then `link.retired`. `changes` must hold no
    personal data.
    """
    actor = actor_of(by)
    session.add(
        AuditEntry(
            at=now,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            unit_id=unit_id,
            action=f"{object_type}.{done}",
            object_type=object_type.value,
            object_id=object_id,
            changes=changes or {},
        )
    )


async def create_key(
    session: AsyncSession,
    *,
    actor: Actor,
    name: str,
    role: Role,
    unit_id: UUID,
    unit_path: str,
    life: timedelta,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Create a key for a unit; returns it with its secret, which is not stored and cannot be shown again.

    Raises Invalid for `name` or `days`.
    """
    if not (1 <= len(name) <= MAX_NAME_LENGTH and name.isprintable()):
        raise invalid_field(
            ("name",), f"The name of a key must have 1 to {MAX_NAME_LENGTH} printable characters.", "bad-name"
        )
    if not timedelta(0) < life <= MAX_LIFETIME:
        raise invalid_field(("days",), f"A key must expire after 1 to {MAX_LIFETIME.days} days.", "out-of-range")
    secret = new_secret()
    key = ApiKey(
        name=name,
        shown=secret[:DISPLAY_LENGTH],
        digest=digest_of(secret),
        role=role.value,
        unit_id=unit_id,
        unit_path=unit_path,
        created_at=now,
        expires_at=now + life,
    )
    session.add(key)
    record_audit(
        session,
        actor,
        ObjectType.KEY,
        "created",
        object_id=key.id,
        unit_id=unit_id,
        now=now,
        changes={"role": role.value, "shown": key.shown, "expires_at": key.expires_at.isoformat()},
    )
    return key, secret


async def revoke_key(session: AsyncSession, *, actor: Actor, shown: str, now: datetime) -> ApiKey:
    """Revoke the key whose secret begins with `shown`, at once.

    Raises NotFound or Conflict (`key-already-revoked`, or `key-ambiguous` if several live keys begin so).
    """
    found = (await session.exec(select(ApiKey).where(col(ApiKey.shown) == shown).with_for_update())).all()
    if not found:
        raise NotFound("key")
    live = [key for key in found if key.revoked_at is None]
    if not live:
        raise Conflict("key-already-revoked", "This key is already revoked.")
    if len(live) > 1:
        raise Conflict("key-ambiguous", "Several keys that are not revoked begin with these characters.")
    (key,) = live
    key.revoked_at = now
    record_audit(session, actor, ObjectType.KEY, "revoked", object_id=key.id, unit_id=key.unit_id, now=now)
    return key
