"""Start and stop of a gateway process: resources, then loops, and the reverse at the end."""

import asyncio
import gc
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from starlette.types import ASGIApp

from api.gateway.api_processes import PROBE_SECONDS, ApiProcesses, open_api_processes
from api.gateway.bodies import BodyReader
from api.gateway.forwarder import Forwarder
from api.gateway.public_writes import PublicWrites
from api.http.context import ApiState, CaptureState, Context, key_concurrency, key_rate
from api.http.limits.shared_answer import SharedAnswer
from api.redirect.app import RedirectApp
from api.runtime.loops import gateway_work
from api.runtime.resources import GatewayResources, close_gateway_resources, open_gateway_resources
from api.runtime.tasks import broken_tasks, cancel_tasks, start_tasks
from campaigns.clicks.capture.request_headers import HeaderParser
from campaigns.kit.database.migrations import newest_revision
from campaigns.kit.periodic import Loop
from campaigns.kit.settings import Settings

STOP_SECONDS = 5.0


@asynccontextmanager
async def running_gateway(
    settings: Settings, *, refusing: ASGIApp
) -> AsyncIterator[tuple[Context, RedirectApp, Forwarder]]:
    """Start everything and yield; on exit, store waiting taps, stop the loops, and close the resources.

    `refusing` is the forwarder's.
    """
    resources = await open_gateway_resources(settings)
    processes = open_api_processes(settings, link_changed=resources.resolver.forget)
    loops = [Loop(work) for work in gateway_work(resources)]
    tasks = start_tasks(loops, resources.clicks.start(), resources.orphans.start(), settings=settings)
    _tune_garbage_collector()
    try:
        yield (
            _context(resources, processes, loops, tasks),
            _redirect_app(resources),
            _forwarder(resources, processes, refusing),
        )
    finally:
        await processes.close()
        await asyncio.gather(
            resources.clicks.stop(within_seconds=STOP_SECONDS), resources.orphans.stop(within_seconds=STOP_SECONDS)
        )
        await cancel_tasks(tasks)
        await close_gateway_resources(resources)


def _context(
    resources: GatewayResources, processes: ApiProcesses, loops: Sequence[Loop], tasks: Sequence["asyncio.Task[None]"]
) -> Context:
    failover, writers = resources.failover, (resources.clicks, resources.orphans)
    api = SharedAnswer[ApiState](kept_seconds=0)  # asked once at a time, however many probes come

    async def api_state() -> ApiState:
        # `processes.state` has limits of its own.
        return await api.get(processes.state, within_seconds=2 * PROBE_SECONDS) or ApiState(answers=False)

    return Context(
        settings=resources.settings,
        keys=resources.keys,
        sessions=resources.sessions,
        newest_revision=newest_revision(),
        capture=lambda: CaptureState(
            direct=failover.postgres_well,
            in_memory=sum(writer.waiting for writer in writers),
            in_journal=failover.waiting,
            lost=failover.lost,
            oldest_seconds=max(writer.waiting_seconds for writer in writers),
            stripped_headers=resources.header_watch.stripped_names,
        ),
        listeners={},
        running=key_concurrency(resources.settings),
        key_rate=key_rate(resources.settings),
        loops=loops,
        api=api_state,
        broken=partial(broken_tasks, tasks, loops),
    )


def _redirect_app(resources: GatewayResources) -> RedirectApp:
    settings = resources.settings
    return RedirectApp(
        resolver=resources.resolver,
        finder=resources.finder,
        clicks=resources.clicks,
        orphans=resources.orphans,
        salts=resources.salts,
        headers=HeaderParser(),
        watch=resources.header_watch,
        proxies=resources.proxies,
        token_key=resources.keys.click_token,
        base=settings.short_link_base,
        zone=settings.zone,
        home=settings.home_url,
    )


def _forwarder(resources: GatewayResources, processes: ApiProcesses, refusing: ASGIApp) -> Forwarder:
    settings = resources.settings
    silence = settings.client_silence_seconds
    return Forwarder(
        processes,
        proxies=resources.proxies,
        writes=PublicWrites(settings.public_writes_per_minute),
        bodies=BodyReader(most_bytes=settings.max_body_bytes, silence_seconds=silence),
        silence_seconds=silence,
        close=resources.connections.close,
        refusing=refusing,
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
