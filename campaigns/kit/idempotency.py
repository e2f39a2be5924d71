"""Idempotency keys: a repeated request gets the stored response of the first one.

The record is written in the transaction of the work itself: a request that failed leaves no record and can be sent
again with the same key. A second request with the same key waits for the first one's transaction to end and then reads
its response.
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

_REPLAYED = "replayed"


def _place(caller: str, key: str) -> str:
    return f"idempotency_records.response/{caller}/{key}"


async def begin_once(
    session: AsyncSession, *, keys: KeyRing, caller: str, key: str, request: bytes, now: datetime
) -> bytes | None:
    """Claim the key for this request and return None, or return the response that was stored for it.

    Keys are separate for each `caller`. Two requests are the same if their `request` bytes are equal. Raises Invalid
    (`idempotency-key-reused`) if the key was used for another request.
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
        raise Invalid(
            "idempotency-key-reused", "This `Idempotency-Key` was already used for a different request. Use a new key."
        )
    if record.response_sealed is None:
        raise RuntimeError("an idempotency record was committed without its response")
    session.info[_REPLAYED] = True
    return unseal(keys.response, record.response_sealed, place=_place(caller, key))


def was_replayed(session: AsyncSession) -> bool:
    """Whether the response of this session's request is one that was stored for an earlier request."""
    return bool(session.info.get(_REPLAYED))


async def finish_once(session: AsyncSession, *, keys: KeyRing, caller: str, key: str, response: bytes) -> None:
    """Store the response for the key that `begin_once` claimed, in the same transaction."""
    sealed = seal(keys.response, response, place=_place(caller, key))
    await session.exec(
        update(IdempotencyRecord)
        .where(col(IdempotencyRecord.caller) == caller, col(IdempotencyRecord.key) == key)
        .values(response_sealed=sealed)
    )


async def forget_old_answers(session: AsyncSession, *, kept: timedelta, now: datetime) -> None:
    """Delete the records, with their responses, that are older than `kept`."""
    await session.exec(delete(IdempotencyRecord).where(col(IdempotencyRecord.created_at) < now - kept))
