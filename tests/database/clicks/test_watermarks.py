"""Watermarks: positions of each type are read back unchanged, for the version that wrote them."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import psycopg
import pytest

from campaigns.clicks import watermarks
from campaigns.clicks.watermarks import (
    AGENTS,
    BURST_HISTORY,
    BURSTS,
    CHANNEL_GROUPS,
    LATE_TAPS,
    WatermarkKey,
    delete_watermark,
    lock_watermark,
    lower_watermark,
    read_version,
    read_watermark,
    read_with_time,
    try_lock_watermark,
    write_watermark,
)
from tests.database.clicks.stored import Stored

NOON = datetime(2026, 11, 23, 5, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "position"),
    [
        (AGENTS, -(2**63)),
        (AGENTS, 0),
        (BURSTS, NOON),
        (BURSTS, NOON.astimezone(timezone(timedelta(hours=7)))),
        (BURST_HISTORY, date(2026, 11, 23)),
        (CHANNEL_GROUPS, UUID(int=0)),
    ],
)
async def test_a_position_comes_back_with_its_type(stored: Stored, key: WatermarkKey[Any], position: object) -> None:
    assert await read_watermark(stored.connection, key, version=3) is None
    assert await read_version(stored.connection, key) is None
    await write_watermark(stored.connection, key, position, version=3, now=NOON)
    assert await read_watermark(stored.connection, key, version=3) == position
    assert await read_watermark(stored.connection, key, version=4) is None
    assert await read_version(stored.connection, key) == 3
    await write_watermark(stored.connection, key, None, version=4, now=NOON)
    assert await read_watermark(stored.connection, key, version=4) is None
    assert await read_version(stored.connection, key) == 4


def test_every_watermark_has_a_row_of_its_own() -> None:
    keys = [value for value in vars(watermarks).values() if isinstance(value, WatermarkKey)]
    assert len({key.name for key in keys}) == len(keys) == 5


async def test_one_that_was_written_again_is_not_deleted(stored: Stored) -> None:
    await lower_watermark(stored.connection, LATE_TAPS, NOON)
    found = await read_with_time(stored.connection, LATE_TAPS)
    assert found is not None
    assert found[0] == NOON
    await lower_watermark(stored.connection, LATE_TAPS, NOON + timedelta(hours=1))
    await delete_watermark(stored.connection, LATE_TAPS, changed_at=found[1])
    again = await read_with_time(stored.connection, LATE_TAPS)
    assert again is not None
    assert (again[0], again[1] > found[1]) == (NOON, True)
    await delete_watermark(stored.connection, LATE_TAPS, changed_at=again[1])
    assert await read_with_time(stored.connection, LATE_TAPS) is None


async def test_a_row_without_a_position_has_none(stored: Stored) -> None:
    await lock_watermark(stored.connection, LATE_TAPS)
    assert await read_with_time(stored.connection, LATE_TAPS) is None
    assert await read_watermark(stored.connection, LATE_TAPS) is None
    await lower_watermark(stored.connection, LATE_TAPS, NOON)
    assert await read_watermark(stored.connection, LATE_TAPS) == NOON


async def test_its_row_is_held_until_the_transaction_ends(stored: Stored) -> None:
    async with await psycopg.AsyncConnection.connect(stored.conninfo) as other:
        await lock_watermark(other, BURSTS)
        await other.commit()
        await lock_watermark(other, BURSTS)
        async with stored.connection.transaction():
            assert not await try_lock_watermark(stored.connection, BURSTS)
            assert await try_lock_watermark(stored.connection, AGENTS)
        await other.rollback()
        assert await try_lock_watermark(stored.connection, BURSTS)
