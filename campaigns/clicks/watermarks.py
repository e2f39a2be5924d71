"""How far each set of rules has been applied to history: typed access to the table `watermarks`.

The table holds every position as text, since positions are of several types; an empty text is no position. A watermark
may carry the version of its rules, and a position by another version counts as none. Uses psycopg only, since the
redirect's process loads it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Generic, TypeVar
from uuid import UUID

import psycopg

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WatermarkKey(Generic[T]):
    """The name of one watermark, and how its position is read from text and written as text."""

    name: str
    parse: Callable[[str], T]
    render: Callable[[T], str]


def _render_time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


# Up to when taps have been searched for bursts. The row's lock is held while bursts are marked.
BURSTS = WatermarkKey("bursts", datetime.fromisoformat, _render_time)
# Since when there are taps that were stored late. A row of its own, so that storing them does not wait for the lock.
LATE_TAPS = WatermarkKey("bursts-late", datetime.fromisoformat, _render_time)
# What `reclassify` did last: the agent, the link, and the day before which all bursts are marked.
AGENTS = WatermarkKey("agents", int, str)
BURST_HISTORY = WatermarkKey("burst-history", date.fromisoformat, date.isoformat)
CHANNEL_GROUPS = WatermarkKey("groups", UUID, str)


async def read_watermark(connection: psycopg.AsyncConnection, key: WatermarkKey[T], *, version: int = 0) -> T | None:
    """The position by this version of the rules; None if there is none."""
    cursor = await connection.execute(
        "SELECT position FROM watermarks WHERE name = %s AND version = %s", (key.name, version)
    )
    row = await cursor.fetchone()
    return key.parse(row[0]) if row and row[0] else None


async def read_version(connection: psycopg.AsyncConnection, key: WatermarkKey[T]) -> int | None:
    """The version of the rules that were applied last, by a run that is through or one that is not."""
    cursor = await connection.execute("SELECT version FROM watermarks WHERE name = %s", (key.name,))
    row = await cursor.fetchone()
    return int(row[0]) if row else None


async def write_watermark(
    connection: psycopg.AsyncConnection, key: WatermarkKey[T], position: T | None, *, version: int = 0, now: datetime
) -> None:
    """Store the position; None says that nothing is left to go on with."""
    await connection.execute(
        "INSERT INTO watermarks (name, version, position, changed_at) VALUES (%s, %s, %s, %s) ON CONFLICT (name)"
        " DO UPDATE SET version = excluded.version, position = excluded.position, changed_at = excluded.changed_at",
        (key.name, version, "" if position is None else key.render(position), now),
    )


async def lock_watermark(connection: psycopg.AsyncConnection, key: WatermarkKey[T]) -> None:
    """Wait for the watermark's row, and hold it until the transaction ends."""
    await _insert_missing(connection, key)
    await connection.execute("SELECT FROM watermarks WHERE name = %s FOR UPDATE", (key.name,))


async def try_lock_watermark(connection: psycopg.AsyncConnection, key: WatermarkKey[T]) -> bool:
    """Hold the watermark's row until the transaction ends; False if another transaction holds it."""
    await _insert_missing(connection, key)
    cursor = await connection.execute("SELECT FROM watermarks WHERE name = %s FOR UPDATE SKIP LOCKED", (key.name,))
    return await cursor.fetchone() is not None


async def lower_watermark(connection: psycopg.AsyncConnection, key: WatermarkKey[datetime], position: datetime) -> None:
    """Store the position unless the present one is earlier; `changed_at` becomes the present time either way."""
    await connection.execute(
        "INSERT INTO watermarks AS present (name, position, changed_at) VALUES (%s, %s, clock_timestamp())"
        " ON CONFLICT (name) DO UPDATE SET changed_at = excluded.changed_at, position = CASE"
        " WHEN present.position = '' OR present.position::timestamptz > excluded.position::timestamptz"
        " THEN excluded.position ELSE present.position END",
        (key.name, key.render(position)),
    )


async def read_with_time(connection: psycopg.AsyncConnection, key: WatermarkKey[T]) -> tuple[T, datetime] | None:
    """The position and when it was written, for `delete_watermark`; None if there is none."""
    cursor = await connection.execute("SELECT position, changed_at FROM watermarks WHERE name = %s", (key.name,))
    row = await cursor.fetchone()
    return (key.parse(row[0]), row[1]) if row and row[0] else None


async def delete_watermark(connection: psycopg.AsyncConnection, key: WatermarkKey[T], *, changed_at: datetime) -> None:
    """Delete the watermark, unless it was written again after this time."""
    await connection.execute("DELETE FROM watermarks WHERE name = %s AND changed_at = %s", (key.name, changed_at))


async def _insert_missing(connection: psycopg.AsyncConnection, key: WatermarkKey[T]) -> None:
    await connection.execute(
        "INSERT INTO watermarks (name, changed_at) VALUES (%s, now()) ON CONFLICT (name) DO NOTHING", (key.name,)
    )
