"""The resources of a gateway process and of an API process: connection pools, caches, the journal, writers of taps."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from api.gateway.connections import ClientConnections, places_of
from campaigns.clicks.bots.bursts import STEP_SECONDS
from campaigns.clicks.capture.salts import SaltKeeper
from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.header_watch import HeaderWatch
from campaigns.clicks.journal.drainer import Drainer
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.row import CLICKS, ORPHANS
from campaigns.clicks.store import TapStore
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.database.connections import Connections
from campaigns.kit.database.engine import (
    GRACE_SECONDS,
    SessionFactory,
    make_engine,
    make_sessions,
    plain_connections,
)
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.encryption.master_key import load_keys
from campaigns.kit.settings import Settings
from campaigns.links.destination_checks.follow import Transport, open_transport
from campaigns.links.resolver.resolver import LinkResolver
from campaigns.links.resolver.slug_finder import SlugFinder
from campaigns.links.resolver.snapshot import SnapshotWriter, open_link_snapshot

# Slug look-ups have their own connections, so that nothing else delays taps.
LOOK_UP_POOL = 3
# Probes, and the loop that marks bursts.
BACKGROUND_POOL = 2


@dataclass(frozen=True, slots=True)
class GatewayResources:
    """`salts_fetched`: whether PostgreSQL answered at the start."""

    settings: Settings
    proxies: TrustedProxies
    connections: ClientConnections
    keys: KeyRing
    conninfo: str
    look_up_engine: AsyncEngine
    background_engine: AsyncEngine
    sessions: SessionFactory
    background_connections: Connections
    resolver: LinkResolver
    finder: SlugFinder
    snapshot_writer: SnapshotWriter
    failover: Failover
    drainer: Drainer
    clicks: TapWriter
    orphans: TapWriter
    salts: SaltKeeper
    header_watch: HeaderWatch
    salts_fetched: bool


@dataclass(frozen=True, slots=True)
class ApiResources:
    """`transport`: None if destination checks are off."""

    settings: Settings
    keys: KeyRing
    engine: AsyncEngine
    sessions: SessionFactory
    transport: Transport | None


async def open_gateway_resources(settings: Settings) -> GatewayResources:
    """Create all resources and fetch the day's salt from PostgreSQL; without an answer, taps go to the journal."""
    url = _database_url(settings)
    conninfo = psycopg_conninfo(url)
    look_up_engine = make_engine(
        url, pool_size=LOOK_UP_POOL, statement_timeout_seconds=settings.statement_timeout_seconds
    )
    background_engine = make_engine(
        url,
        pool_size=BACKGROUND_POOL,
        statement_timeout_seconds=settings.statement_timeout_seconds,
        answer_seconds=STEP_SECONDS + GRACE_SECONDS,  # of marking bursts, which sets its own limit of a statement
    )
    connections = plain_connections(look_up_engine)
    snapshot = open_link_snapshot(settings.journal_directory)
    failover = Failover(settings.journal_directory, deadline_seconds=settings.click_deadline_seconds)
    clicks, orphans = (
        TapWriter(TapStore(conninfo, application_name="jaring-taps"), table, failover, backlog=settings.click_backlog)
        for table in (CLICKS, ORPHANS)
    )
    proxies = TrustedProxies(settings.trusted_proxies)
    keys = load_keys(settings.master_key, settings.data)
    salts = SaltKeeper(connections, settings.zone, keys.visitor)
    salts_fetched = await salts.fetch_first(datetime.now(UTC))
    if not salts_fetched:
        failover.switch_to_journal()
    return GatewayResources(
        settings=settings,
        proxies=proxies,
        keys=keys,
        connections=ClientConnections(
            settings.port,
            places=places_of(settings),
            silence_seconds=settings.client_silence_seconds,
            proxies=proxies,
        ),
        conninfo=conninfo,
        look_up_engine=look_up_engine,
        background_engine=background_engine,
        sessions=make_sessions(background_engine),
        background_connections=plain_connections(background_engine),
        resolver=LinkResolver(
            connections, snapshot, link_kept_seconds=settings.link_cache_seconds, max_links=settings.link_cache_size
        ),
        finder=SlugFinder(connections),
        snapshot_writer=SnapshotWriter(snapshot, connections),
        failover=failover,
        drainer=Drainer(failover, TapStore(conninfo, application_name="jaring-drainer")),
        clicks=clicks,
        orphans=orphans,
        salts=salts,
        header_watch=HeaderWatch(),
        salts_fetched=salts_fetched,
    )


async def close_gateway_resources(resources: GatewayResources) -> None:
    """Close the resources; call it after all loops and requests have ended."""
    await resources.failover.close()
    await resources.look_up_engine.dispose()
    await resources.background_engine.dispose()


def open_api_resources(settings: Settings) -> ApiResources:
    """Create all resources; PostgreSQL is not asked for anything yet."""
    engine = make_engine(
        _database_url(settings),
        pool_size=settings.pool_size,
        statement_timeout_seconds=settings.statement_timeout_seconds,
    )
    return ApiResources(
        settings=settings,
        keys=load_keys(settings.master_key, settings.data),
        engine=engine,
        sessions=make_sessions(engine),
        transport=open_transport() if settings.check_destinations else None,
    )


async def close_api_resources(resources: ApiResources) -> None:
    """Close the resources; call it after all loops and requests have ended."""
    if resources.transport is not None:
        await resources.transport.aclose()
    await resources.engine.dispose()


def _database_url(settings: Settings) -> str:
    if settings.database_url is None:
        raise RuntimeError("JARING_DATABASE_URL is not set; `jaring serve` sets it for the embedded PostgreSQL")
    return settings.database_url.get_secret_value()
