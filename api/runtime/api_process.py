"""Start and stop of an API process: resources, then loops, and the reverse at the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from api.gateway.headers import note_change
from api.http.context import NO_TAPS, Context, key_concurrency, key_rate
from api.lanes import Lane
from api.runtime.loops import api_work
from api.runtime.resources import close_api_resources, open_api_resources
from api.runtime.tasks import broken_tasks, cancel_tasks, start_tasks
from campaigns.kit.database.migrations import newest_revision
from campaigns.kit.periodic import Loop
from campaigns.kit.settings import Settings
from campaigns.links.resolver.channel import LINKS_CHANNEL


@asynccontextmanager
async def running_api(settings: Settings, lane: Lane) -> AsyncIterator[Context]:
    """Start everything and yield; on exit, stop the loops and close the resources."""
    resources = open_api_resources(settings)
    loops = [Loop(work) for work in api_work(resources, lane)]
    tasks = start_tasks(loops, settings=settings)
    try:
        yield Context(
            settings=settings,
            keys=resources.keys,
            sessions=resources.sessions,
            newest_revision=newest_revision(),
            capture=lambda: NO_TAPS,
            listeners={LINKS_CHANNEL: note_change},
            running=key_concurrency(settings),
            key_rate=key_rate(settings),
            loops=loops,
            broken=partial(broken_tasks, tasks, loops),
        )
    finally:
        await cancel_tasks(tasks)
        await close_api_resources(resources)
