"""Storing taps: which agents and which late taps are noted with them, and what each connection is told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from campaigns.clicks.row import CLICKS, ORPHANS
from campaigns.clicks.store import TapStore
from campaigns.clicks.watermarks import LATE_TAPS, read_watermark
from tests.database.clicks.stored import Stored

PROMPTLY = 30.0
AGENT = [5, "Mozilla/5.0", 1, 2, "ios", None, 3]


def taps(*moments: datetime, agent: int = 0) -> bytes:
    """Lines of CLICKS."""
    return b"".join(
        f"{uuid4().hex}\t{uuid4().hex}\t{uuid4().hex}\t{at.isoformat()}\t7\tID\t{agent}\t12\tid\t\\N\t\\N\t\\N\t\\N\t\\N\n".encode()
        for at in moments
    )


@pytest.fixture
async def store(stored: Stored) -> AsyncIterator[TapStore]:
    store = TapStore(stored.conninfo, application_name="jaring-test")
    yield store
    await store.close()


async def merge(store: TapStore, *moments: datetime) -> None:
    await store.merge(CLICKS.name, CLICKS.column_list, taps(*moments), [], within=PROMPTLY)


async def test_agents_are_stored_with_the_taps_that_refer_to_them(stored: Stored, store: TapStore) -> None:
    seen = "SELECT array_agg(text) FROM clicks JOIN agents ON agents.id = agent_id"
    now = datetime.now(UTC)
    for number, write in enumerate((store.add, store.merge), 1):
        agent, block = [number, f"agent {number}", *AGENT[2:]], taps(now, agent=number)
        if write == store.add:
            await store.add(CLICKS, block, [agent, AGENT], within=PROMPTLY)
        else:
            await store.merge(CLICKS.name, CLICKS.column_list, block, [agent, AGENT], within=PROMPTLY)
        assert len(await stored.value(seen)) == number
    kept = "SELECT (text, reasons, expects, device, app, rules_version)::text FROM agents WHERE id = 5"
    assert await stored.value(kept) == "(Mozilla/5.0,1,2,ios,,3)"


async def test_taps_stored_a_minute_late_are_noted_from_the_earliest_on(stored: Stored, store: TapStore) -> None:
    now = datetime.now(UTC)
    late = now - timedelta(minutes=1, milliseconds=1)
    await merge(store, now, now - timedelta(seconds=45))
    assert await read_watermark(stored.connection, LATE_TAPS) is None
    await merge(store, now, late, late + timedelta(seconds=5))
    assert await read_watermark(stored.connection, LATE_TAPS) == late


async def test_late_taps_on_unknown_links_are_noted_too(stored: Stored, store: TapStore) -> None:
    late = datetime.now(UTC) - timedelta(hours=1)
    block = f"x\t{uuid4().hex}\t{late.isoformat()}\t7\tID\t0\t12\tid\t\\N\t\\N\n".encode()
    await store.merge(ORPHANS.name, ORPHANS.column_list, block, [], within=PROMPTLY)
    assert await read_watermark(stored.connection, LATE_TAPS) == late


async def test_an_open_connection_is_prepared_once(store: TapStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What every tap waits for is one round trip and no more."""
    execute, sent = psycopg.AsyncConnection.execute, list[object]()

    async def noted(self: psycopg.AsyncConnection, query: Any, *values: Any) -> Any:
        sent.append(query)
        return await execute(self, query, *values)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", noted)
    await store.add(CLICKS, taps(datetime.now(UTC)), [], within=PROMPTLY)
    assert ["synchronous_commit" in str(query) for query in sent] == [True]
    await store.add(CLICKS, taps(datetime.now(UTC)), [], within=PROMPTLY)
    assert len(sent) == 1
    await store.close()
    await store.add(CLICKS, taps(datetime.now(UTC)), [], within=PROMPTLY)
    assert len(sent) == 2


async def test_a_connection_has_a_name_and_notices_a_server_that_is_gone(
    stored: Stored, store: TapStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect, given = psycopg.AsyncConnection.connect, dict[str, Any]()

    async def noted(conninfo: str, **values: Any) -> psycopg.AsyncConnection:
        given.update(values)
        return await connect(conninfo, **values)

    monkeypatch.setattr(psycopg.AsyncConnection, "connect", noted)
    await store.execute("SELECT 1", within=PROMPTLY)
    assert given["keepalives_idle"] == 30
    named = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
    assert await stored.value(named, ("jaring-test",)) == 1


async def test_a_time_limit_ends_with_its_call(store: TapStore, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, timers = asyncio.get_running_loop(), list[asyncio.TimerHandle]()
    call_at = loop.call_at

    def noted(*values: Any, **given: Any) -> asyncio.TimerHandle:
        timers.append(call_at(*values, **given))
        return timers[-1]

    monkeypatch.setattr(loop, "call_at", noted)
    await store.execute("SELECT 1", within=PROMPTLY)
    limits = [timer for timer in timers if timer.when() > loop.time()]
    assert limits
    assert all(timer.cancelled() for timer in limits)
