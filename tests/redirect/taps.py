"""A running redirect with the parts a test looks into, its link and its drainer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import psycopg
from psycopg.rows import dict_row

from api.redirect.app import RedirectApp
from campaigns.clicks.capture.budget import Budget
from campaigns.clicks.capture.request_headers import HeaderParser
from campaigns.clicks.capture.salts import SaltKeeper
from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.header_watch import HeaderWatch
from campaigns.clicks.journal.drainer import Drainer
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.row import CLICKS, ORPHANS
from campaigns.clicks.store import TapStore
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.database.connections import Connections
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.links.models import Link
from campaigns.links.resolver.resolver import LinkResolver
from campaigns.links.resolver.slug_finder import SlugFinder
from campaigns.links.resolver.snapshot import LinkSnapshot, SnapshotWriter
from tests.factories.loops import looping, restless
from tests.factories.world import build_world

TOKEN_KEY = b"k" * 32
VISITOR_KEY = bytes(range(32))
AGENT = HeaderParser().agents.get(b"Mozilla/5.0 (Linux; Android 14) test")


@dataclass
class Taps:
    """A running redirect with the parts a test looks into, and one active link with the slug `abc`."""

    app: RedirectApp
    client: httpx.AsyncClient
    clicks: TapWriter
    resolver: LinkResolver
    snapshot: LinkSnapshot
    snapshot_writer: SnapshotWriter
    fallback: Failover
    conninfo: str
    link_id: UUID
    campaign_id: UUID

    async def sql(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Run one statement in its own transaction; the rows it gives."""
        async with await psycopg.AsyncConnection.connect(self.conninfo, row_factory=dict_row) as connection:
            cursor = await connection.execute(statement.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def stored(self, table: str = "clicks") -> list[dict[str, Any]]:
        return await self.sql(f"SELECT * FROM {table} ORDER BY id")


def connections_to(conninfo: str) -> Connections:
    """A pool that opens a connection for each use."""

    @asynccontextmanager
    async def connection() -> AsyncIterator[psycopg.AsyncConnection]:
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as opened:
            yield opened

    return connection


async def store_link(url: str) -> Link:
    """A world with one active link, `abc`, committed."""
    engine = make_engine(url, pool_size=2, statement_timeout_seconds=10)
    now = datetime.now(UTC)
    async with make_sessions(engine)() as session, session.begin():
        world = await build_world(session, now=now)
        link = Link(
            campaign_id=world.campaign.id,
            channel_id=world.channel.id,
            name="bio",
            slug="abc",
            destination="https://daftar.example/form?lang=id#top",
            utm_source="instagram",
            utm_medium="social",
            utm_campaign="bintara-jabar",
            state="active",
            created_at=now,
        )
        session.add(link)
    await engine.dispose()
    return link


@asynccontextmanager
async def drained(fallback: Failover, conninfo: str) -> AsyncIterator[None]:
    """A drainer that runs as long as the block."""
    drainer = Drainer(fallback, TapStore(conninfo, application_name="jaring-drainer"))
    async with looping(restless(lambda _: drainer.drain(), close=drainer.close)):
        yield


@asynccontextmanager
async def running_redirect(
    *,
    link: Link,
    conninfo: str,
    fallback: Failover,
    proxies: TrustedProxies,
    snapshot: LinkSnapshot,
    home: str | None = None,
    orphan_budget: Budget | None = None,
) -> AsyncIterator[Taps]:
    """The redirect application with its writers running, and a client of it."""
    connections = connections_to(conninfo)
    resolver = LinkResolver(connections, snapshot, link_kept_seconds=30, max_links=1000)
    clicks, orphans = (
        TapWriter(TapStore(conninfo, application_name="jaring-taps"), table, fallback, backlog=500)
        for table in (CLICKS, ORPHANS)
    )
    salts = SaltKeeper(connections, ZoneInfo("Asia/Jakarta"), VISITOR_KEY)
    await salts.refresh(datetime.now(UTC))
    app = RedirectApp(
        resolver=resolver,
        finder=SlugFinder(connections),
        clicks=clicks,
        orphans=orphans,
        salts=salts,
        headers=HeaderParser(),
        watch=HeaderWatch(),
        proxies=proxies,
        token_key=TOKEN_KEY,
        base="https://jaring.example/",
        zone=ZoneInfo("Asia/Jakarta"),
        home=home,
        orphan_budget=orphan_budget,
    )
    clicks.start()
    orphans.start()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://short.example") as client:
        yield Taps(
            app,
            client,
            clicks,
            resolver,
            snapshot,
            SnapshotWriter(snapshot, connections),
            fallback,
            conninfo,
            link.id,
            link.campaign_id,
        )
    await clicks.stop(within_seconds=5)
    await orphans.stop(within_seconds=5)
