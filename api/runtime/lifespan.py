"""The life of a server process: its resources and loops begin in order, and end in the reverse one."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from api.http.context import CaptureState, Context
from api.redirect.app import RedirectApp
from api.runtime.loops import background_work
from api.runtime.resources import Resources, close_resources, open_resources
from api.runtime.watchdog import end_if_broken, end_with_parent
from campaigns.clicks.capture.request_headers import HeaderParser
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.database.migrations import newest_revision
from campaigns.kit.periodic import Loop
from campaigns.kit.settings import Settings
from campaigns.links.resolver.channel import LINKS_CHANNEL

STOP_SECONDS = 5.0
CANCEL_SECONDS = 1.0


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[tuple[Context, RedirectApp]]:
    """Open all of it, and close it in order: taps that wait are stored before the process ends."""
    resources = await open_resources(settings)
    loops = [Loop(work) for work in background_work(resources)]
    context, redirect = _context(resources, loops), _redirect_app(resources)
    tasks = [
        resources.clicks.start(),
        resources.orphans.start(),
        *(asyncio.create_task(loop.run_forever(), name=loop.name) for loop in loops),
        asyncio.create_task(end_with_parent(), name="parent-watch"),
    ]
    for task in tasks:
        task.add_done_callback(end_if_broken)
    _tune_garbage_collector()
    try:
        yield context, redirect
    finally:
        await asyncio.gather(
            resources.clicks.stop(within_seconds=STOP_SECONDS), resources.orphans.stop(within_seconds=STOP_SECONDS)
        )
        for task in tasks:
            task.cancel()
        # One that waits for a PostgreSQL that hangs is not ended by being cancelled; the process' end ends it.
        await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
        await close_resources(resources)


def _context(resources: Resources, loops: Sequence[Loop]) -> Context:
    failover = resources.failover
    return Context(
        settings=resources.settings,
        keys=resources.keys,
        sessions=resources.sessions,
        newest_revision=newest_revision(),
        capture=lambda: CaptureState(
            direct=failover.postgres_well,
            in_memory=resources.clicks.waiting + resources.orphans.waiting,
            in_journal=failover.waiting,
            lost=failover.lost,
        ),
        listeners={LINKS_CHANNEL: resources.resolver.forget},
        loops=loops,
    )


def _redirect_app(resources: Resources) -> RedirectApp:
    settings = resources.settings
    return RedirectApp(
        resolver=resources.resolver,
        clicks=resources.clicks,
        orphans=resources.orphans,
        salts=resources.salts,
        headers=HeaderParser(),
        proxies=TrustedProxies(settings.trusted_proxies),
        token_key=resources.keys.click_token,
        base=settings.short_link_base,
        zone=ZoneInfo(settings.timezone),
    )


def _tune_garbage_collector() -> None:
    """Have collections look at little, since the redirect stands still during each.

    What has been made so far lives as long as the process: out of the collector's sight, a full collection does not
    take the time to walk over all of it. (The caches of links and agents are out of it as well, see
    `links/resolver/target.py`.) The usual first threshold is less than what the taps that wait for one commit consist
    of: it would be passed many times a second, and little of what is then looked at is garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
