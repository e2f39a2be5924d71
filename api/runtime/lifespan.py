"""Start and stop of a server process: resources, then loops, and the reverse at the end."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

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
    """Start everything and yield; on exit, store waiting taps, stop the loops, and close the resources."""
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
        # A task that waits for a PostgreSQL that does not answer cannot be cancelled; it ends with the process.
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
        zone=settings.zone,
    )


def _tune_garbage_collector() -> None:
    """Make garbage collections short and rare, since no tap is answered during one.

    All present objects live as long as the process, so they are frozen: full collections skip them. (They skip the
    caches of links and agents too, see `links/resolver/target.py`.) The taps that wait for one commit consist of more
    objects than Python's default first threshold, which would be exceeded many times a second to find little garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)
