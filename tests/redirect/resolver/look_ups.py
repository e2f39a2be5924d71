"""Connections of a resolver that are counted, and further links for it to find."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg

from campaigns.kit.database.connections import Connections
from campaigns.links.resolver.resolver import LinkResolver
from campaigns.links.resolver.snapshot import LinkSnapshot


class Counted:
    """Connections that are counted, and that can be made to fail or to wait; and a snapshot on disk."""

    def __init__(self, connections: Connections, snapshot: LinkSnapshot) -> None:
        self.connections, self.asked, self.broken = connections, 0, False
        self.snapshot = snapshot
        self.answering = asyncio.Event()
        self.answering.set()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[psycopg.AsyncConnection]:
        self.asked += 1
        if self.broken:
            raise OSError("broken")
        await self.answering.wait()
        async with self.connections() as connection:
            yield connection


def resolver_of(counted: Counted, *, seconds: float = 30, most: int = 100) -> LinkResolver:
    return LinkResolver(counted, counted.snapshot, link_kept_seconds=seconds, max_links=most)


async def add_links(counted: Counted, *slugs: str) -> None:
    """Further links like `abc`, uncounted."""
    async with counted.connections() as connection:
        for slug in slugs:
            await connection.execute(
                "INSERT INTO links (id, campaign_id, channel_id, name, slug, destination, utm_source, utm_medium,"
                " utm_campaign, state, created_at) SELECT gen_random_uuid(), campaign_id, channel_id, name, %s,"
                " destination, utm_source, utm_medium, utm_campaign, state, created_at FROM links WHERE slug = 'abc'",
                (slug,),
            )


async def change(counted: Counted, statement: str) -> None:
    """Change links in PostgreSQL; nobody is told of it."""
    async with counted.connections() as connection:
        await connection.execute(statement.encode())


async def a_few_turns() -> None:
    """Let the event loop run whatever is due, without waiting for any answer."""
    for _ in range(10):
        await asyncio.sleep(0)
