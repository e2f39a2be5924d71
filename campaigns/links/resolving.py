"""From a slug to where its link leads: a cache in front of one query, kept fresh by notifications.

Used by the redirect alone, on its hot path, so it knows psycopg and nothing heavier. What was once resolved is served
without waiting for PostgreSQL ever again: an entry past its time is served and looked up anew in the background.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

import psycopg

from campaigns.links.announcing import LINKS_CHANNEL
from campaigns.links.remembering import LinkMemory, MemoryKeeper
from campaigns.links.targets import FACTS_SQL, Target, target_of

UNKNOWN_KEPT_SECONDS = 5.0
MOST_UNKNOWN = 10_000
RECONNECT_SECONDS = 0.5
LOOK_UP_SECONDS = 2.0
RETRY_SECONDS = 1.0

V = TypeVar("V")
Connections = Callable[[], AbstractAsyncContextManager[psycopg.AsyncConnection]]


class LookUpFailed(Exception):
    """PostgreSQL does not answer and nothing is known about the slug from before."""


async def load_facts(connection: psycopg.AsyncConnection, slug: str) -> str | None:
    """Look a slug up; None if no link has it."""
    cursor = await connection.execute(f"{FACTS_SQL} WHERE link.slug = %s".encode(), (slug,))
    row = await cursor.fetchone()
    return None if row is None else str(row[1])


class LinkResolver:
    """Resolves slugs for one server process; `link_kept_seconds` and `most_links` bound its memory of them.

    `memory` is what this machine knew last, for when PostgreSQL is away and this process has just begun.
    """

    def __init__(
        self, connections: Connections, memory: LinkMemory, *, link_kept_seconds: float, most_links: int
    ) -> None:
        self._connections = connections
        self._memory = memory
        self._kept = link_kept_seconds
        self._most = most_links
        # slug -> (target, when it becomes stale, in which generation it was loaded)
        self._known: dict[str, tuple[Target, float, int]] = {}
        self._unknown: dict[str, float] = {}
        self._loading: dict[str, asyncio.Task[Target | None]] = {}
        # Counts times at which notifications may have been missed; entries of an earlier one are looked up again.
        self._generation = 0

    def cached(self, slug: str) -> Target | None:
        """The target, if it can be served at once; the redirect's fast path."""
        entry = self._known.get(slug)
        if entry is None or entry[2] != self._generation:
            return None
        if entry[1] < time.monotonic():
            self._load(slug)
        return entry[0]

    async def resolve(self, slug: str) -> Target | None:
        """The target, looked up if need be; None for an unknown slug. Raises LookUpFailed."""
        if self._unknown.get(slug, 0.0) >= time.monotonic():
            return None
        try:
            # Shielded: many requests share one look-up, and one that goes away must not end it for the others.
            return await asyncio.wait_for(asyncio.shield(self._load(slug)), LOOK_UP_SECONDS)
        except (psycopg.Error, OSError, TimeoutError):
            old = self._known.get(slug)
            return old[0] if old is not None else await self._recalled(slug)

    async def _recalled(self, slug: str) -> Target:
        """What the memory on disk says, kept for a moment so that PostgreSQL is not waited for by every tap."""
        facts = await asyncio.to_thread(self._memory.recall, slug)
        if facts is None:
            raise LookUpFailed
        target = target_of(facts)
        _keep(self._known, slug, (target, time.monotonic() + RETRY_SECONDS, self._generation), self._most)
        return target

    def forget(self, slug: str) -> None:
        """Drop what is known about a slug, since it changed; also for a look-up under way, which may be older."""
        self._known.pop(slug, None)
        self._unknown.pop(slug, None)
        self._loading.pop(slug, None)

    def distrust_all(self) -> None:
        """Look every slug up again before it is served, since changes may have been missed."""
        self._generation += 1
        self._unknown.clear()

    def _load(self, slug: str) -> asyncio.Task[Target | None]:
        task = self._loading.get(slug)
        if task is None:
            task = asyncio.create_task(self._look_up(slug))
            self._loading[slug] = task
            task.add_done_callback(lambda done: self._done(slug, done))
        return task

    def _done(self, slug: str, task: asyncio.Task[Target | None]) -> None:
        if self._loading.get(slug) is task:
            del self._loading[slug]
        known = self._known.get(slug)
        if not task.cancelled() and task.exception() is not None and known is not None:
            # What is known serves on, and PostgreSQL is not asked again by every tap while it is away.
            self._known[slug] = (known[0], time.monotonic() + RETRY_SECONDS, known[2])

    async def _look_up(self, slug: str) -> Target | None:
        generation, me = self._generation, asyncio.current_task()
        async with asyncio.timeout(LOOK_UP_SECONDS), self._connections() as connection:
            facts = await load_facts(connection, slug)
        target = None if facts is None else target_of(facts)
        if self._loading.get(slug) is not me:
            return target  # it changed meanwhile: good for those who waited, not to be kept
        if target is None:
            self._known.pop(slug, None)
            _keep(self._unknown, slug, time.monotonic() + UNKNOWN_KEPT_SECONDS, MOST_UNKNOWN)
        else:
            _keep(self._known, slug, (target, time.monotonic() + self._kept, generation), self._most)
        return target


def _keep(memory: dict[str, V], slug: str, value: V, most: int) -> None:
    """Put an entry last, dropping the oldest ones beyond `most`."""
    memory.pop(slug, None)
    while len(memory) >= most:
        del memory[next(iter(memory))]
    memory[slug] = value


async def follow_changes(resolver: LinkResolver, keeper: MemoryKeeper, conninfo: str) -> None:
    """Pass every announced change on, reconnecting for ever; run as a task and cancelled to stop."""
    while True:
        with contextlib.suppress(psycopg.Error, OSError):
            async with _listening(conninfo) as connection:
                resolver.distrust_all()
                keeper.refresh_all()
                async for notification in connection.notifies():
                    resolver.forget(notification.payload)
                    keeper.refresh(notification.payload)
        await asyncio.sleep(RECONNECT_SECONDS)


@contextlib.asynccontextmanager
async def _listening(conninfo: str) -> AsyncIterator[psycopg.AsyncConnection]:
    connection = await psycopg.AsyncConnection.connect(
        conninfo, autocommit=True, connect_timeout=5, application_name="jaring-listener"
    )
    async with connection:
        await connection.execute(f"LISTEN {LINKS_CHANNEL}".encode())
        yield connection
