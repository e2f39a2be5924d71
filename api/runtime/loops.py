"""The background work of each kind of server process as data: function, interval, and delays after failures.

Logs, metrics and `/readyz` contain the names; docs/operating.md explains each.
"""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from api.gateway.connections import LOOK_SECONDS
from api.lanes import Lane
from api.runtime.metrics_files import reserve_room
from api.runtime.resources import ApiResources, GatewayResources
from campaigns.applicants.operations.index_stored import index_next_person
from campaigns.clicks.bots import bursts
from campaigns.clicks.retention import delete_old_orphans
from campaigns.events.operations import RETENTION, delete_read_events
from campaigns.kit.idempotency import forget_old_answers
from campaigns.kit.periodic import Backoff, ContinuousWork, PeriodicWork, Work
from campaigns.kit.settings import Settings
from campaigns.links.destination_checks.dns import resolve_by_system
from campaigns.links.destination_checks.follow import Transport, follow
from campaigns.links.destination_checks.types import Policy
from campaigns.links.destination_checks.worker import CheckWorker
from campaigns.links.resolver.resolver import follow_changes

# PostgreSQL unreachable, slow or restarting. Time-outs are OSError.
DATABASE_ERRORS = (psycopg.Error, SQLAlchemyError, OSError)
FILE_ERRORS = (sqlite3.Error,)
# Of work that may find a day's taps waiting: a journal of hours, or a night without marks.
LONG_RUN_SECONDS = 4 * 3600.0
# Some seconds of work.
PERSONS_A_RUN = 1_000


def gateway_work(resources: GatewayResources) -> Iterator[Work]:
    """All loops of a gateway process: those of taps, of links, and of clients' connections."""
    yield from _metrics_work(resources.settings)
    yield from _tap_work(resources)
    yield from _link_work(resources)
    yield PeriodicWork(
        name="connections",
        run=lambda _: resources.connections.look(),
        interval_seconds=LOOK_SECONDS,
        first_delay_seconds=LOOK_SECONDS,
        backoff=Backoff(LOOK_SECONDS, 60),
        expected=(OSError,),
        close=resources.connections.end,
    )


def api_work(resources: ApiResources, lane: Lane) -> Iterator[Work]:
    """All loops of an API process; what uses the database runs in those for staff, to delay no registration."""
    yield from _metrics_work(resources.settings)
    if lane is not Lane.STAFF:
        return
    yield from _cleanup_work(resources)
    yield from _applicant_work(resources)
    if resources.transport is not None:
        yield _check_work(_check_worker(resources, resources.transport))


def _metrics_work(settings: Settings) -> Iterator[Work]:
    if settings.metrics_directory is not None:
        yield PeriodicWork(
            name="metrics-room",
            run=partial(_reserve_room, settings.metrics_directory),
            interval_seconds=5,
            first_delay_seconds=0,
            backoff=Backoff(5, 60),
            expected=(OSError,),
        )


async def _reserve_room(directory: Path, _now: datetime) -> None:
    reserve_room(directory)


def _tap_work(resources: GatewayResources) -> Iterator[Work]:
    yield PeriodicWork(
        name="visitor-salts",
        run=resources.salts.refresh,
        interval_seconds=60,
        # Until the salt of the database is known, each process hashes visitors with its own.
        first_delay_seconds=60 if resources.salts_fetched else 1,
        backoff=Backoff(1, 1),
        expected=DATABASE_ERRORS,
    )
    yield PeriodicWork(
        name="burst-marks",
        run=lambda now: bursts.mark_new_bursts(resources.background_connections, now=now),
        interval_seconds=bursts.INTERVAL_SECONDS,
        first_delay_seconds=bursts.INTERVAL_SECONDS,
        # A round that takes too long is cancelled after minutes; it should not be repeated at once.
        backoff=Backoff(bursts.INTERVAL_SECONDS, bursts.INTERVAL_SECONDS),
        expected=DATABASE_ERRORS,
        hung_after_seconds=LONG_RUN_SECONDS,
    )
    yield PeriodicWork(
        name="journal-drainer",
        run=lambda _: resources.drainer.drain(),
        interval_seconds=0.25,
        first_delay_seconds=0,
        # The drainer also switches taps back to PostgreSQL, so it does not wait longer after failures.
        backoff=Backoff(0.25, 0.25),
        expected=DATABASE_ERRORS + FILE_ERRORS,
        close=resources.drainer.close,
        hung_after_seconds=LONG_RUN_SECONDS,
    )


def _link_work(resources: GatewayResources) -> Iterator[Work]:
    yield ContinuousWork(
        name="link-changes",
        run=partial(follow_changes, resources.resolver, resources.snapshot_writer, resources.conninfo),
        backoff=Backoff(0.5, 0.5),
        expected=DATABASE_ERRORS,
    )
    yield PeriodicWork(
        name="link-snapshot",
        run=resources.snapshot_writer.write,
        interval_seconds=1,
        first_delay_seconds=1,
        backoff=Backoff(1, 10),
        expected=DATABASE_ERRORS + FILE_ERRORS,
        close=resources.snapshot_writer.close,
    )


def _cleanup_work(resources: ApiResources) -> Iterator[Work]:
    answers_kept = timedelta(hours=resources.settings.idempotency_hours)
    deletions: dict[str, Callable[..., Awaitable[object]]] = {
        "idempotency-cleanup": partial(forget_old_answers, kept=answers_kept),
        "event-cleanup": partial(delete_read_events, kept=RETENTION),
        "orphan-tap-cleanup": partial(delete_old_orphans, kept=timedelta(days=resources.settings.orphan_tap_days)),
    }
    for name, delete in deletions.items():
        yield PeriodicWork(
            name=name,
            run=partial(_in_transaction, resources, delete),
            interval_seconds=3600,
            first_delay_seconds=3600,
            backoff=Backoff(60, 3600),
            expected=DATABASE_ERRORS,
        )


async def _in_transaction(resources: ApiResources, delete: Callable[..., Awaitable[object]], now: datetime) -> None:
    async with resources.sessions() as session, session.begin():
        await delete(session, now=now)


def _applicant_work(resources: ApiResources) -> Iterator[Work]:
    more = asyncio.Event()

    async def index_stored(now: datetime) -> None:
        for _ in range(PERSONS_A_RUN):
            # One person a transaction: registrations may wait for its locks.
            async with resources.sessions() as session, session.begin():
                if not await index_next_person(session, keys=resources.keys, now=now):
                    return
        more.set()

    yield PeriodicWork(
        name="stored-applicants",
        run=index_stored,
        interval_seconds=3600,
        first_delay_seconds=1,
        backoff=Backoff(5, 600),
        expected=DATABASE_ERRORS,
        wake=more,
    )


def _check_work(worker: CheckWorker) -> Work:
    return PeriodicWork(
        name="destination-checks",
        run=worker.start_due,
        interval_seconds=5,
        first_delay_seconds=0,
        backoff=Backoff(5, 60),
        expected=DATABASE_ERRORS,
        wake=worker.ready,
        close=worker.close,
    )


def _check_worker(resources: ApiResources, transport: Transport) -> CheckWorker:
    settings = resources.settings
    policy = Policy(
        networks=tuple(settings.check_networks), ports=frozenset(settings.check_ports), about=settings.short_link_base
    )
    check = partial(follow, policy=policy, resolve=resolve_by_system, transport=transport)
    return CheckWorker(resources.sessions, check)
