"""Taps written straight into their table."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg

from campaigns.clicks.types import RequestFlag

BURST = RequestFlag.BURST.value


@dataclass
class Stored:
    """A connection in autocommit and what is written over it, all in one campaign."""

    connection: psycopg.AsyncConnection
    conninfo: str
    campaign_id: UUID = field(default_factory=uuid4)

    async def tap(
        self, moments: Sequence[datetime], *, link: UUID, visitor: int = 1, observed: int = 0, agent_id: int = 0
    ) -> None:
        rows = [(self.campaign_id, uuid4(), link, at, visitor, observed, agent_id) for at in moments]
        async with self.connection.cursor() as cursor:
            await cursor.executemany(
                "INSERT INTO clicks (campaign_id, id, link_id, clicked_at, visitor, observed, agent_id)"
                " VALUES (%s, %s, %s, %s, %s, %s, %s)",
                rows,
            )

    async def marked(self, *, link: UUID | None = None, visitor: int | None = None) -> int:
        """The number of taps marked as part of a burst."""
        return int(
            await self.value(
                "SELECT count(*) FROM clicks WHERE observed & %(bit)s <> 0"
                " AND (%(link)s::uuid IS NULL OR link_id = %(link)s)"
                " AND (%(visitor)s::bigint IS NULL OR visitor = %(visitor)s)",
                {"bit": BURST, "link": link, "visitor": visitor},
            )
        )

    async def value(self, statement: str, given: Any = ()) -> Any:
        """The first value of the first row; None without a row."""
        row = await (await self.connection.execute(statement.encode(), given)).fetchone()
        return row[0] if row else None


def spread(start: datetime, *, taps: int, over: timedelta) -> list[datetime]:
    """Evenly spaced times, the first at `start` and the last `over` later."""
    return [start + over * place / (taps - 1) for place in range(taps)]
