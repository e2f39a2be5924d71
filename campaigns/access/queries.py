"""Reads of access: whose key this is."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import ApiKey
from campaigns.access.rules import digest_of, is_usable, is_well_formed
from campaigns.access.types import Principal, Role


async def find_principal(session: AsyncSession, *, secret: str, now: datetime) -> Principal | None:
    """The caller behind an API key; None for a key that is malformed, unknown, expired or revoked."""
    if not is_well_formed(secret):
        return None
    key = (await session.exec(select(ApiKey).where(ApiKey.digest == digest_of(secret)))).first()
    if key is None or not is_usable(expires_at=key.expires_at, revoked_at=key.revoked_at, now=now):
        return None
    return Principal(key_id=key.id, role=Role(key.role), unit_id=key.unit_id, unit_path=key.unit_path)


async def list_keys(session: AsyncSession) -> Sequence[ApiKey]:
    """All keys, newest first."""
    return (await session.exec(select(ApiKey).order_by(col(ApiKey.id).desc()))).all()
