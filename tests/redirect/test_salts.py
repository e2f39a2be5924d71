"""The day's salt: one for all servers, gone when its day is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import psycopg

from campaigns.clicks.capture.salts import SaltKeeper
from campaigns.kit.database.connections import Connections

JAKARTA = ZoneInfo("Asia/Jakarta")
KEY = bytes(range(32))
NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)  # 12:00 in Jakarta


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


async def days(connections: Connections) -> list[str]:
    async with connections() as connection:
        rows = await (await connection.execute("SELECT day FROM visitor_salts ORDER BY day")).fetchall()
    return [row[0].isoformat() for row in rows]


async def test_all_servers_of_a_day_have_one_salt(connections: Connections) -> None:
    keepers = [SaltKeeper(connections, JAKARTA, KEY) for _ in range(2)]
    for keeper in keepers:
        await keeper.refresh(NOON)
    one, other = (keeper.current(milliseconds(NOON)) for keeper in keepers)
    assert one == other


async def test_a_new_day_has_a_new_salt_and_the_old_one_is_destroyed(connections: Connections) -> None:
    keeper = SaltKeeper(connections, JAKARTA, KEY)
    await keeper.refresh(NOON)
    first = keeper.current(milliseconds(NOON))
    await keeper.refresh(NOON + timedelta(days=1))
    assert keeper.current(milliseconds(NOON + timedelta(days=1))) != first
    assert await days(connections) == ["2026-11-24"]


async def test_midnight_is_the_zone_s_and_needs_no_database(connections: Connections) -> None:
    keeper = SaltKeeper(connections, JAKARTA, KEY)
    last_minute = datetime(2026, 11, 23, 16, 59, tzinfo=UTC)  # 23:59 in Jakarta
    await keeper.refresh(last_minute)
    assert await days(connections) == ["2026-11-23", "2026-11-24"]
    before = keeper.current(milliseconds(last_minute + timedelta(seconds=59)))
    after = keeper.current(milliseconds(last_minute + timedelta(seconds=60)))
    assert before != after
    other = SaltKeeper(connections, JAKARTA, KEY)
    await other.refresh(last_minute + timedelta(minutes=2))
    assert other.current(milliseconds(last_minute + timedelta(minutes=2))) == after


async def test_tomorrow_s_salt_is_fetched_ten_minutes_ahead(connections: Connections) -> None:
    midnight = datetime(2026, 11, 23, 17, tzinfo=UTC)
    keeper = SaltKeeper(connections, JAKARTA, KEY)
    await keeper.refresh(midnight - timedelta(minutes=10, microseconds=1))
    assert await days(connections) == ["2026-11-23"]
    await keeper.refresh(midnight - timedelta(minutes=10))
    assert await days(connections) == ["2026-11-23", "2026-11-24"]


async def test_a_salt_is_of_32_bytes(connections: Connections) -> None:
    keeper = SaltKeeper(connections, JAKARTA, KEY)
    assert len(keeper.current(milliseconds(datetime.now(UTC)))) == 32
    await keeper.refresh(NOON)
    async with connections() as connection:
        rows = await (await connection.execute("SELECT octet_length(salt) FROM visitor_salts")).fetchall()
    assert rows == [(32,)]


async def test_without_a_fetched_salt_the_day_still_changes(connections: Connections) -> None:
    keeper = SaltKeeper(connections, JAKARTA, KEY)
    await keeper.refresh(NOON)
    fetched = keeper.current(milliseconds(NOON))
    tomorrow = milliseconds(NOON + timedelta(days=1))
    made_up = keeper.current(tomorrow)
    assert made_up != fetched
    assert keeper.current(tomorrow + 1) == made_up


async def test_without_postgresql_a_process_has_a_salt_of_its_own_until_it_fetches_one(
    connections: Connections,
) -> None:
    away = True

    @asynccontextmanager
    async def unreliable() -> AsyncIterator[psycopg.AsyncConnection]:
        if away:
            raise OSError("no route")
        async with connections() as connection:
            yield connection

    keeper, other = SaltKeeper(unreliable, JAKARTA, KEY), SaltKeeper(connections, JAKARTA, KEY)
    now = datetime.now(UTC)
    assert await other.fetch_first(now)
    assert not await keeper.fetch_first(now)
    assert keeper.current(milliseconds(now)) != other.current(milliseconds(now))
    away = False
    await keeper.refresh(now)
    assert keeper.current(milliseconds(now)) == other.current(milliseconds(now))


async def test_a_postgresql_that_hangs_at_the_start_is_not_waited_for() -> None:
    @asynccontextmanager
    async def hanging() -> AsyncIterator[psycopg.AsyncConnection]:
        await asyncio.sleep(3600)
        yield psycopg.AsyncConnection.__new__(psycopg.AsyncConnection)

    assert not await SaltKeeper(hanging, JAKARTA, KEY).fetch_first(NOON, within_seconds=0.01)


async def test_what_the_database_holds_computes_no_visitor_without_the_key(connections: Connections) -> None:
    keeper, other_key = SaltKeeper(connections, JAKARTA, KEY), SaltKeeper(connections, JAKARTA, bytes(32))
    await keeper.refresh(NOON)
    await other_key.refresh(NOON)
    [part] = await parts(connections)
    salts = {keeper.current(milliseconds(NOON)), other_key.current(milliseconds(NOON)), part}
    assert len(salts) == 3


async def test_a_salt_of_a_past_day_is_left_behind_with_the_file_that_held_it(connections: Connections) -> None:
    async def file_of_salts() -> str:
        async with connections() as connection:
            cursor = await connection.execute("SELECT pg_relation_filepath('visitor_salts')")
            return str((await cursor.fetchall())[0][0])

    keeper = SaltKeeper(connections, JAKARTA, KEY)
    await keeper.refresh(NOON)
    first = await file_of_salts()
    await keeper.refresh(NOON + timedelta(minutes=1))
    assert await file_of_salts() == first
    await keeper.refresh(NOON + timedelta(days=1))
    assert await file_of_salts() != first
    await keeper.refresh(NOON + timedelta(days=1, minutes=1))
    assert await days(connections) == ["2026-11-24"]


async def test_salts_are_never_in_the_write_ahead_log(connections: Connections) -> None:
    async with connections() as connection:
        statement = "SELECT relpersistence::text FROM pg_class WHERE relname = 'visitor_salts'"
        assert await (await connection.execute(statement)).fetchall() == [("u",)]


async def test_the_salt_of_the_day_outlives_a_crash_of_postgresql(connections: Connections) -> None:
    keeper = SaltKeeper(connections, JAKARTA, KEY)
    await keeper.refresh(NOON)
    before = keeper.current(milliseconds(NOON))
    async with connections() as connection:
        await connection.execute("TRUNCATE visitor_salts")  # as PostgreSQL does with unlogged tables after a crash
    await keeper.refresh(NOON + timedelta(minutes=1))
    newcomer = SaltKeeper(connections, JAKARTA, KEY)
    await newcomer.refresh(NOON + timedelta(minutes=2))
    assert keeper.current(milliseconds(NOON)) == newcomer.current(milliseconds(NOON)) == before


async def parts(connections: Connections) -> list[bytes]:
    async with connections() as connection:
        rows = await (await connection.execute("SELECT salt FROM visitor_salts ORDER BY day")).fetchall()
    return [bytes(row[0]) for row in rows]
