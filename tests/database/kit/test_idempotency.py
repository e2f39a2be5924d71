"""Idempotency records: replayed to their own caller and request only, encrypted, and deleted when they are old."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.encryption.cipher import derive_keys
from campaigns.kit.errors import Invalid
from campaigns.kit.idempotency import begin_once, finish_once, forget_old_answers
from campaigns.kit.models import IdempotencyRecord

KEYS = derive_keys(base64.b64encode(bytes(range(32))).decode())
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
KEPT = timedelta(hours=24)


async def begin(
    session: AsyncSession, *, caller: str = "public:1", key: str = "once", request: bytes = b"request"
) -> bytes | None:
    return await begin_once(session, keys=KEYS, caller=caller, key=key, request=request, now=NOW)


async def finish(session: AsyncSession, response: bytes, *, caller: str = "public:1", key: str = "once") -> None:
    await finish_once(session, keys=KEYS, caller=caller, key=key, response=response)


async def remaining(session: AsyncSession) -> list[str]:
    return list((await session.exec(select(IdempotencyRecord.key).order_by(col(IdempotencyRecord.key)))).all())


async def test_the_same_request_gets_the_first_response(session: AsyncSession) -> None:
    assert await begin(session) is None
    await finish(session, b"first")
    assert await begin(session) == b"first"


async def test_another_request_with_the_key_is_refused(session: AsyncSession) -> None:
    assert await begin(session) is None
    await finish(session, b"first")
    with pytest.raises(Invalid) as refused:
        await begin(session, request=b"another request")
    assert refused.value.code == "idempotency-key-reused"


async def test_a_record_without_its_response_is_no_answer(session: AsyncSession) -> None:
    await begin(session)
    with pytest.raises(RuntimeError, match="without its response"):
        await begin(session)


async def test_each_caller_and_key_has_its_own_response(session: AsyncSession) -> None:
    pairs = [("public:1", "a"), ("public:1", "b"), ("public:2", "a"), ("public:1/a", "")]
    for caller, key in pairs:
        assert await begin(session, caller=caller, key=key) is None
        await finish(session, f"{caller} {key}".encode(), caller=caller, key=key)
    assert [await begin(session, caller=caller, key=key) for caller, key in pairs] == [
        f"{caller} {key}".encode() for caller, key in pairs
    ]


async def test_the_response_is_stored_encrypted(session: AsyncSession) -> None:
    await begin(session)
    await finish(session, b"a secret status token")
    stored = (await session.exec(select(IdempotencyRecord.response_sealed))).one()
    assert stored is not None
    assert b"secret" not in stored


async def test_a_record_of_an_older_version_is_replayed(session: AsyncSession) -> None:
    # Written by version 0.1: neither the digest of a request nor the place of a response may change.
    session.add(
        IdempotencyRecord(
            caller="public:1",
            key="once",
            request_digest=bytes.fromhex("6feee97395cff967ce91fe0145bc2c456e6e7bda92d047748b166cc9a5b7c76d"),
            response_sealed=bytes.fromhex(
                "01b3f139774ea4b45d7f5eff879d95af45c36da368e5c33bef388913f0ad2452b89a018c2c4be36e13dfb55e5d4f18bdb595a73d"
                "81a9d4bd82f229ea"
            ),
            created_at=NOW,
        )
    )
    await session.flush()
    session.expunge_all()
    assert await begin(session) == b'{"reference": "JR-7K3M9-QXT4C"}'


async def test_only_answers_older_than_the_limit_are_deleted(session: AsyncSession) -> None:
    ages = {"1 older": KEPT + timedelta(microseconds=1), "2 at the limit": KEPT, "3 new": timedelta(0)}
    for key, age in ages.items():
        await begin_once(session, keys=KEYS, caller="public:1", key=key, request=b"request", now=NOW - age)
        await finish(session, b"response", key=key)
    await forget_old_answers(session, kept=KEPT, now=NOW)
    assert await remaining(session) == ["2 at the limit", "3 new"]
    await forget_old_answers(session, kept=KEPT, now=NOW + KEPT)
    assert await remaining(session) == ["3 new"]


async def test_a_key_can_be_used_again_once_its_answer_was_deleted(session: AsyncSession) -> None:
    await begin(session)
    await finish(session, b"first")
    await forget_old_answers(session, kept=KEPT, now=NOW + KEPT + timedelta(seconds=1))
    assert await begin(session, request=b"another request") is None
