"""Requests that may be repeated safely: the first answer is kept and given again.

The record is written in the transaction of the work itself, so only work that was committed is replayed: a failed
request leaves nothing and can be tried again with the same key. A second request with the same key waits on the first
one's row and then reads its answer.
"""

import hmac
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.encryption.cipher import KeyRing, seal, unseal
from campaigns.kit.errors import Invalid
from campaigns.kit.models import IdempotencyRecord


def _place(caller: str, key: str) -> str:
    return f"idempotency_records.response/{caller}/{key}"


async def begin_once(
    session: AsyncSession, *, keys: KeyRing, caller: str, key: str, request: bytes, now: datetime
) -> bytes | None:
    """Claim the key for this request, or return the answer already given to it.

    `caller` is whoever the key belongs to: equal keys of two callers never meet. `request` is what must be equal for
    the request to count as the same. Raises Invalid (`idempotency-key-reused`) when the key came with another request.
    """
    digest = hmac.digest(keys.index, request, "sha256")
    claimed = await session.exec(
        insert(IdempotencyRecord)
        .values(caller=caller, key=key, request_digest=digest, created_at=now)
        .on_conflict_do_nothing()
        .returning(col(IdempotencyRecord.key))
    )
    if claimed.first() is not None:
        return None
    record = await session.get_one(IdempotencyRecord, (caller, key))
    if not hmac.compare_digest(record.request_digest, digest):
        raise Invalid("idempotency-key-reused", "This Idempotency-Key was used for another request; use a new one.")
    if record.response_sealed is None:
        raise RuntimeError("an idempotency record was committed without its answer")
    return unseal(keys.response, record.response_sealed, place=_place(caller, key))


async def finish_once(session: AsyncSession, *, keys: KeyRing, caller: str, key: str, response: bytes) -> None:
    """Keep the answer with the key claimed by `begin_once`, in the same transaction."""
    sealed = seal(keys.response, response, place=_place(caller, key))
    await session.exec(
        update(IdempotencyRecord)
        .where(col(IdempotencyRecord.caller) == caller, col(IdempotencyRecord.key) == key)
        .values(response_sealed=sealed)
    )


async def forget_old_answers(session: AsyncSession, *, kept: timedelta, now: datetime) -> None:
    """Delete answers older than `kept`."""
    await session.exec(delete(IdempotencyRecord).where(col(IdempotencyRecord.created_at) < now - kept))
