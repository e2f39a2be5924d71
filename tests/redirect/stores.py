"""A store of taps with steps of a test around its calls, and writers for a while."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.pg_copy import CopyTable
from campaigns.clicks.row import CLICKS
from campaigns.clicks.store import AgentRow, TapStore

# Given the name of the call, what it is about (the block of `add`, the table of `merge`, the statement of `execute`),
# and its time limit.
Step = Callable[[str, Any, float], Awaitable[None]]


async def nothing(_call: str, _about: Any, _within: float) -> None:
    pass


class StagedStore(TapStore):
    """A store whose every call is preceded by `before` and followed by `after`, once it has succeeded."""

    def __init__(self, conninfo: str) -> None:
        super().__init__(conninfo, application_name="jaring-taps")
        self.before: Step = nothing
        self.after: Step = nothing

    async def add(self, table: CopyTable, block: bytes, agents: Sequence[AgentRow], *, within: float) -> None:
        await self.before("add", block, within)
        await super().add(table, block, agents, within=within)
        await self.after("add", block, within)

    async def merge(self, table: str, columns: str, block: bytes, agents: Sequence[AgentRow], *, within: float) -> None:
        await self.before("merge", table, within)
        await super().merge(table, columns, block, agents, within=within)
        await self.after("merge", table, within)

    async def execute(self, statement: str, values: Sequence[Any] = (), *, within: float) -> None:
        await self.before("execute", statement, within)
        await super().execute(statement, values, within=within)
        await self.after("execute", statement, within)


@asynccontextmanager
async def writing(store: TapStore, fallback: Failover, *, backlog: int = 50, **given: Any) -> AsyncIterator[TapWriter]:
    """A writer of clicks during the block."""
    writer = TapWriter(store, CLICKS, fallback, backlog=backlog, **given)
    writer.start()
    yield writer
    await writer.stop(within_seconds=5)
