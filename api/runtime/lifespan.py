"""Everything a server process holds while it runs: connections, caches, and the tasks that keep them fresh."""

import asyncio
import gc
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import psycopg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.http.context import CaptureState, Context
from api.redirect.app import RedirectApp
from campaigns.clicks.bots.bursts import keep_marking
from campaigns.clicks.capture.request_headers import HeaderParser
from campaigns.clicks.capture.salts import SaltKeeper
from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.journal.drainer import Drainer
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.row import CLICKS, ORPHANS
from campaigns.clicks.store import TapStore
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.database.engine import SessionFactory, make_engine, make_sessions
from campaigns.kit.database.migrations import newest_revision
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.encryption.master_key import load_keys
from campaigns.kit.idempotency import forget_old_answers
from campaigns.kit.settings import Settings
from campaigns.links.destination_checks.dns import resolve_by_system
from campaigns.links.destination_checks.follow import follow, open_transport
from campaigns.links.destination_checks.types import Policy
from campaigns.links.destination_checks.worker import keep_checking
from campaigns.links.resolver.channel import LINKS_CHANNEL
from campaigns.links.resolver.resolver import LinkResolver, follow_changes
from campaigns.links.resolver.snapshot import SnapshotWriter, open_link_snapshot

# Look-ups of slugs have connections of their own, so that a busy API does not keep taps waiting.
REDIRECT_POOL = 3
STOP_SECONDS = 5.0
CANCEL_SECONDS = 1.0
END_SECONDS = 9.0
CLEANING_SECONDS = 3600.0
PARENT_CHECK_SECONDS = 1.0

log = structlog.get_logger("jaring.running")


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[Context, RedirectApp]]:
    """Open all of it, and close it in order: taps that wait are stored before the process ends."""
    if settings.database_url is None:
        raise RuntimeError("JARING_DATABASE_URL is not set; `jaring serve` sets it for the embedded PostgreSQL")
    url = settings.database_url.get_secret_value()
    conninfo = psycopg_conninfo(url)
    keys = load_keys(settings.master_key, settings.data)

    def engine_of(pool_size: int) -> AsyncEngine:
        return make_engine(url, pool_size=pool_size, statement_timeout_seconds=settings.statement_timeout_seconds)

    api_engine, redirect_engine = engine_of(settings.pool_size), engine_of(REDIRECT_POOL)
    connections = _plain_connections(redirect_engine)
    memory = open_link_snapshot(settings.journal_directory)
    keeper = SnapshotWriter(memory, connections)
    resolver = LinkResolver(
        connections, memory, link_kept_seconds=settings.link_cache_seconds, most_links=settings.link_cache_size
    )
    fallback = Failover(settings.journal_directory, deadline_seconds=settings.click_deadline_seconds)
    drainer = Drainer(fallback, TapStore(conninfo, application_name="jaring-drainer"))
    clicks, orphans = (
        TapWriter(TapStore(conninfo, application_name="jaring-taps"), table, fallback, backlog=settings.click_backlog)
        for table in (CLICKS, ORPHANS)
    )
    salts = SaltKeeper(connections, ZoneInfo(settings.timezone))
    if not await salts.begin(datetime.now(UTC)):
        fallback.use_postgres(False)
    sessions = make_sessions(api_engine)
    context = Context(
        settings=settings,
        keys=keys,
        sessions=sessions,
        newest_revision=newest_revision(),
        capture=lambda: CaptureState(
            direct=fallback.postgres_well,
            in_memory=clicks.waiting + orphans.waiting,
            in_journal=fallback.waiting,
            lost=fallback.lost,
        ),
        listeners={LINKS_CHANNEL: resolver.forget},
    )
    redirect = RedirectApp(
        resolver=resolver,
        clicks=clicks,
        orphans=orphans,
        salts=salts,
        headers=HeaderParser(),
        proxies=TrustedProxies(settings.trusted_proxies),
        token_key=keys.click_token,
        base=settings.short_link_base,
        zone=ZoneInfo(settings.timezone),
    )
    tasks = [
        clicks.start(),
        orphans.start(),
        asyncio.create_task(drainer.keep(), name="drainer"),
        asyncio.create_task(follow_changes(resolver, keeper, conninfo)),
        asyncio.create_task(keeper.keep(), name="link memory"),
        asyncio.create_task(salts.keep()),
        asyncio.create_task(_clean(sessions, timedelta(hours=settings.idempotency_hours))),
        asyncio.create_task(keep_marking(_plain_connections(api_engine)), name="bursts"),
        asyncio.create_task(_end_with_parent()),
    ]
    if settings.check_destinations:
        tasks.append(asyncio.create_task(_check_destinations(settings, sessions), name="destination checks"))
    for task in tasks:
        task.add_done_callback(_end_if_broken)
    # What has been made so far lives as long as the process: out of the collector's sight, a full collection does not
    # stop the redirect for the time it takes to walk over all of it. (What a process remembers of links and agents is
    # out of it as well, see `links/targets.py`.) The usual first threshold is less than what the taps that wait for one
    # commit consist of: it would be passed many times a second, and little of what is then looked at is garbage.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
    try:
        yield context, redirect
    finally:
        await asyncio.gather(clicks.stop(within_seconds=STOP_SECONDS), orphans.stop(within_seconds=STOP_SECONDS))
        for task in tasks:
            task.cancel()
        # One that waits for a PostgreSQL that hangs is not ended by being cancelled; the process' end ends it.
        await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
        await fallback.close()
        await redirect_engine.dispose()
        await api_engine.dispose()


def _plain_connections(engine: AsyncEngine) -> Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection]]:
    """psycopg connections, in autocommit, out of the engine's pool."""
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def connection() -> AsyncIterator[psycopg.AsyncConnection]:
        try:
            async with autocommit.connect() as borrowed:
                raw = (await borrowed.get_raw_connection()).driver_connection
                if not isinstance(raw, psycopg.AsyncConnection):
                    raise TypeError("the engine's driver is not psycopg 3")
                yield raw
        except SQLAlchemyError as error:
            raise OSError("no database connection") from error

    return connection


async def _check_destinations(settings: Settings, sessions: SessionFactory) -> None:
    policy = Policy(
        networks=tuple(settings.check_networks),
        ports=frozenset(settings.check_ports),
        about=settings.short_link_base,
    )
    async with open_transport() as transport:
        check = partial(follow, policy=policy, resolve=resolve_by_system, transport=transport)
        await keep_checking(sessions, check)


async def _clean(sessions: SessionFactory, kept: timedelta) -> None:
    while True:
        await asyncio.sleep(CLEANING_SECONDS)
        try:
            async with sessions() as session, session.begin():
                await forget_old_answers(session, kept=kept, now=datetime.now(UTC))
        except (SQLAlchemyError, OSError) as error:
            log.warning("cleaning_failed", error=type(error).__name__)


def _end_if_broken(task: asyncio.Task[None]) -> None:
    """Stop this process when a task that must run for ever ended by itself; a fresh one takes its place."""
    if task.cancelled():
        return
    log.critical("task_ended", task=task.get_name(), error=type(task.exception()).__name__)
    # The server software first waits for the requests under way, and these may wait for that very task.
    end = threading.Timer(END_SECONDS, os._exit, (1,))
    end.daemon = True
    end.start()
    os.kill(os.getpid(), signal.SIGTERM)


async def _end_with_parent() -> None:
    """Stop this process when the one that started it was killed, so that nothing keeps the port."""
    parent = os.getppid()
    while os.getppid() == parent:
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    log.error("parent_gone")
    os.kill(os.getpid(), signal.SIGTERM)
