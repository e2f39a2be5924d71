"""Taps are durable before they are answered, once each, whatever happens to PostgreSQL in between."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import psycopg
import pytest

from campaigns.clicks.capture import CLICKS, LOST, TapWriter
from campaigns.kit.ids import uuid7_bytes
from tests.redirect.conftest import Taps

CAMPAIGN, LINK = uuid4(), uuid4()


def line(click_id: UUID | None = None, visitor: str = "7") -> bytes:
    identifier = (click_id or UUID(bytes=uuid7_bytes(time.time_ns() // 1_000_000))).hex
    return f"{CAMPAIGN.hex}\t{LINK.hex}\t{identifier}\t2026-11-23 01:02:03.004+00\t{visitor}\n".encode()


@pytest.fixture
async def writer(conninfo: str) -> AsyncIterator[TapWriter]:
    writer = TapWriter(conninfo, CLICKS, deadline_seconds=0.5, backlog=50)
    writer.start()
    yield writer
    await writer.stop(within_seconds=5)


async def count(conninfo: str) -> int:
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        row = await (await connection.execute("SELECT count(*) FROM clicks")).fetchone()
    assert row is not None
    return int(row[0])


def lost() -> float:
    return float(LOST.labels("clicks")._value.get())


async def test_a_tap_is_on_disk_when_write_returns(writer: TapWriter, conninfo: str) -> None:
    assert await writer.write(line())
    assert await count(conninfo) == 1


async def test_taps_that_come_together_share_commits(
    writer: TapWriter, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks, send = [], TapWriter._send

    async def counted(self: TapWriter, block: bytes, *, again: bool) -> None:
        blocks.append(block)
        await send(self, block, again=again)

    monkeypatch.setattr(TapWriter, "_send", counted)
    assert all(await asyncio.gather(*(writer.write(line()) for _ in range(40))))
    assert await count(conninfo) == 40
    assert len(blocks) <= 2


async def test_a_commit_whose_answer_was_lost_is_not_stored_twice(
    writer: TapWriter, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = TapWriter._send

    async def answer_lost_once(self: TapWriter, block: bytes, *, again: bool) -> None:
        await send(self, block, again=again)
        if not again:
            raise psycopg.OperationalError("the connection broke after the commit")

    monkeypatch.setattr(TapWriter, "_send", answer_lost_once)
    assert await writer.write(line())
    assert await count(conninfo) == 1


async def test_nothing_is_lost_or_doubled_when_connections_are_killed(taps: Taps) -> None:
    async def tap(number: int) -> int:
        await asyncio.sleep(number / 200)
        return (await taps.client.get("/abc")).status_code

    async def kill() -> None:
        for _ in range(5):
            await asyncio.sleep(0.1)
            await taps.sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'jaring-taps'"
            )

    statuses, _ = await asyncio.gather(asyncio.gather(*(tap(number) for number in range(200))), kill())
    assert set(statuses) == {302}
    while taps.clicks.waiting:
        await asyncio.sleep(0.01)
    assert len(await taps.stored()) == 200


async def test_a_tap_is_let_go_at_the_deadline_and_stored_later(writer: TapWriter, conninfo: str) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo) as blocker:
        await blocker.execute("LOCK TABLE clicks IN EXCLUSIVE MODE")
        answers = await asyncio.gather(writer.write(line()), writer.write(line()))
        later = await writer.write(line())
        assert ([*answers, later], writer.waiting) == ([False, False, False], 3)
        await blocker.rollback()
    async with asyncio.timeout(10):
        while writer.waiting:
            await asyncio.sleep(0.01)
    assert await count(conninfo) == 3


async def test_memory_is_bounded_and_what_does_not_fit_is_counted(writer: TapWriter, conninfo: str) -> None:
    before = lost()
    async with await psycopg.AsyncConnection.connect(conninfo) as blocker:
        await blocker.execute("LOCK TABLE clicks IN EXCLUSIVE MODE")
        answers = await asyncio.gather(*(writer.write(line()) for _ in range(60)))
        assert (answers, writer.waiting, lost() - before) == ([False] * 60, 50, 10)
        await blocker.rollback()
    async with asyncio.timeout(10):
        while writer.waiting:
            await asyncio.sleep(0.01)
    assert await count(conninfo) == 50


async def test_a_row_that_cannot_be_stored_does_not_take_its_batch_along(writer: TapWriter, conninfo: str) -> None:
    before = lost()
    lines = [line() for _ in range(9)] + [line(visitor="not a number")]
    await asyncio.gather(*(writer.write(one) for one in lines))
    assert (await count(conninfo), lost() - before) == (9, 1)


async def test_stopping_stores_what_is_waiting(conninfo: str) -> None:
    writer = TapWriter(conninfo, CLICKS, deadline_seconds=5, backlog=100)
    writer.start()
    pending = [asyncio.create_task(writer.write(line())) for _ in range(20)]
    await asyncio.sleep(0)
    await writer.stop(within_seconds=5)
    assert all(await asyncio.gather(*pending))
    assert await count(conninfo) == 20


async def test_a_tap_whose_browser_went_away_is_stored_all_the_same(writer: TapWriter, conninfo: str) -> None:
    gone, staying = asyncio.create_task(writer.write(line())), asyncio.create_task(writer.write(line()))
    await asyncio.sleep(0)
    gone.cancel()
    assert await staying
    assert await count(conninfo) == 2
