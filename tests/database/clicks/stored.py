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
        await self.tap_each([(at, visitor) for at in moments], link=link, observed=observed, agent_id=agent_id)

    async def tap_each(
        self, taps: Sequence[tuple[datetime, int]], *, link: UUID, observed: int = 0, agent_id: int = 0
    ) -> None:
        """Taps with their visitors."""
        columns = "campaign_id, id, link_id, clicked_at, visitor, observed, agent_id"
        rows = [(self.campaign_id, uuid4(), link, at, visitor, observed, agent_id) for at, visitor in taps]
        await self._copy(f"COPY clicks ({columns}) FROM STDIN", rows)

    async def tap_unknown(self, moments: Sequence[datetime], *, visitor: int = 1) -> None:
        """Taps on unknown links, each on another one."""
        rows = [(uuid4(), f"no-{place}", at, visitor) for place, at in enumerate(moments)]
        await self._copy("COPY orphan_taps (id, slug, clicked_at, visitor) FROM STDIN", rows)

    async def _copy(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        async with self.connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                await copy.write_row(row)

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
