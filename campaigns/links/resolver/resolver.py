"""From a slug to where its link leads: a cache in front of one query, kept fresh by notifications.

Used by the redirect alone, on its hot path, so it knows psycopg and nothing heavier. What was once resolved is served
without waiting for PostgreSQL ever again: an entry past its time is served and looked up anew in the background.
"""

import asyncio
import contextlib
import re
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

import psycopg

from campaigns.kit.database.connections import Connections, bounded_connect
from campaigns.links.resolver.channel import LINKS_CHANNEL
from campaigns.links.resolver.snapshot import LinkSnapshot, SnapshotWriter
from campaigns.links.resolver.target import FACTS_SQL, Target, target_of

UNKNOWN_CACHE_SECONDS = 5.0
MAX_CACHED_UNKNOWN = 10_000
HEARTBEAT_SECONDS = 10.0
# Of the connection that listens; longer than it is listened to at a time.
ANSWER_SECONDS = HEARTBEAT_SECONDS + 5.0
LOOK_UP_SECONDS = 1.0
RETRY_SECONDS = 1.0
# Slugs in one query: as many as are turned into targets without holding up the event loop for long.
MAX_SLUGS_PER_QUERY = 64
# Slugs that wait for a look-up; more are refused at once. Otherwise a PostgreSQL that hangs leaves behind every slug
# that was tried meanwhile, and real links would wait for them.
MAX_WAITING = 1024
# Words of slugs that were found; by them an unknown slug is told that may be one of ours, mistyped.
MAX_WORDS = 50_000
REMOVED, NOTHING_KNOWN = "*", "(other)"
_REMOVED_RUN = re.compile(r"\*(?:-\*)+")

_FIND = f"{FACTS_SQL} WHERE link.slug = ANY(%s)".encode()

K = TypeVar("K")
V = TypeVar("V")


class LookupFailed(Exception):
    """PostgreSQL does not answer and nothing is known about the slug from before."""


class LinkResolver:
    """Resolves slugs for one server process; `link_kept_seconds`, `max_links` and `max_unknown` bound its cache,
    `max_waiting` the slugs that wait for a look-up.

    `snapshot` is what this machine knew last, for when PostgreSQL does not answer and this process has just begun.
    """

    def __init__(
        self,
        connections: Connections,
        snapshot: LinkSnapshot,
        *,
        link_kept_seconds: float,
        max_links: int,
        max_unknown: int = MAX_CACHED_UNKNOWN,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._connections = connections
        self._snapshot = snapshot
        self._kept = link_kept_seconds
        self._max_links = max_links
        self._max_unknown = max_unknown
        self._max_waiting = max_waiting
        # slug -> (target, when it becomes stale, in which generation it was loaded)
        self._known: dict[str, tuple[Target, float, int]] = {}
        self._unknown: dict[str, float] = {}
        self._words: dict[str, None] = {}
        self._loading: dict[str, asyncio.Future[Target | None]] = {}
        self._queue: list[tuple[str, asyncio.Future[Target | None]]] = []
        self._looking_up: asyncio.Task[None] | None = None
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
        """The target, looked up if need be; None for an unknown slug. Raises LookupFailed."""
        if self._unknown.get(slug, 0.0) >= time.monotonic():
            return None
        try:
            # Shielded: many requests share one look-up, and one that goes away must not end it for the others.
            return await asyncio.wait_for(asyncio.shield(self._load(slug)), LOOK_UP_SECONDS)
        except (psycopg.Error, OSError, TimeoutError):
            return self._serving_on(slug) or await self._from_snapshot(slug)

    async def recent(self, slug: str, known: Target) -> Target:
        """The target as it is now, for pages that tell of other links too; `known` if PostgreSQL does not answer."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._load(slug)), LOOK_UP_SECONDS) or known
        except (psycopg.Error, OSError, TimeoutError):
            return known

    def _serving_on(self, slug: str) -> Target | None:
        """The cached target, valid for a moment more, so that not every tap waits for a PostgreSQL that is away."""
        known = self._known.get(slug)
        if known is None:
            return None
        self._known[slug] = (known[0], time.monotonic() + RETRY_SECONDS, self._generation)
        return known[0]

    async def _from_snapshot(self, slug: str) -> Target:
        """The target by the snapshot, cached for a moment too; raises LookupFailed if it is not in there."""
        try:
            facts = await asyncio.wait_for(asyncio.to_thread(self._snapshot.read, slug), LOOK_UP_SECONDS)
        except TimeoutError:  # its disk does not answer either
            raise LookupFailed from None
        if facts is None:
            raise LookupFailed
        try:
            target = target_of(facts)
        except (KeyError, TypeError, ValueError):  # as another release wrote them
            raise LookupFailed from None
        keep(self._known, slug, (target, time.monotonic() + RETRY_SECONDS, self._generation), self._max_links)
        return target

    def in_known_words(self, slug: str) -> str:
        """An unknown slug as it may be stored: `*` for the words that are in no slug of a link that was found here.

        Whoever has a path of their own choice may write who they are into it.
        """
        words = [word if word in self._words else REMOVED for word in slug.split("-")]
        known = _REMOVED_RUN.sub(REMOVED, "-".join(words))
        return NOTHING_KNOWN if known == REMOVED else known

    def forget(self, slug: str) -> None:
        """Drop what is known about a slug, since it changed; also for a look-up under way, which may be older."""
        self._known.pop(slug, None)
        self._unknown.pop(slug, None)
        self._loading.pop(slug, None)

    def invalidate_all(self) -> None:
        """Look every slug up again before it is served, since changes may have been missed."""
        self._generation += 1
        self._unknown.clear()

    def _load(self, slug: str) -> "asyncio.Future[Target | None]":
        """What a look-up of the slug will find; all slugs that are asked for during one look-up share the next."""
        found = self._loading.get(slug)
        if found is None:
            found = asyncio.get_running_loop().create_future()
            if len(self._queue) >= self._max_waiting:
                self._failed(slug, found, TimeoutError())
                return found
            self._loading[slug] = found
            self._queue.append((slug, found))
            if self._looking_up is None:
                self._looking_up = asyncio.create_task(self._look_up(), name="look-ups")
        return found

    async def _look_up(self) -> None:
        try:
            # What else is asked for in this turn of the event loop.
            await asyncio.sleep(0)
            while self._queue:
                batch, self._queue = self._queue[:MAX_SLUGS_PER_QUERY], self._queue[MAX_SLUGS_PER_QUERY:]
                await self._look_up_batch(batch)
        finally:
            self._looking_up = None

    async def _look_up_batch(self, batch: Sequence[tuple[str, "asyncio.Future[Target | None]"]]) -> None:
        generation, facts = self._generation, dict[str, str]()
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS), self._connections() as connection:
                cursor = await connection.execute(_FIND, ([slug for slug, _ in batch],))
                facts.update(await cursor.fetchall())
        except Exception as error:  # whatever it is, those who wait hear of it
            for slug, found in batch:
                self._failed(slug, found, error)
        else:
            for slug, found in batch:
                try:
                    target = target_of(facts[slug]) if slug in facts else None
                except (KeyError, TypeError, ValueError):  # of another release; the others are none the worse for it
                    self._failed(slug, found, OSError("facts that this release cannot read"))
                else:
                    self._found(slug, found, target, generation)

    def _found(self, slug: str, found: "asyncio.Future[Target | None]", target: Target | None, generation: int) -> None:
        found.set_result(target)
        if self._loading.get(slug) is not found:
            return  # it changed meanwhile: good for those who waited, not to be kept
        del self._loading[slug]
        if target is None:
            self._known.pop(slug, None)
            keep(self._unknown, slug, time.monotonic() + UNKNOWN_CACHE_SECONDS, self._max_unknown)
        else:
            keep(self._known, slug, (target, time.monotonic() + self._kept, generation), self._max_links)
            for word in slug.split("-"):
                keep(self._words, word, None, MAX_WORDS)

    def _failed(self, slug: str, found: "asyncio.Future[Target | None]", error: Exception) -> None:
        found.set_exception(error)
        found.exception()  # nobody may wait for it, if it was a refresh
        if self._loading.get(slug) is found:
            del self._loading[slug]
        self._serving_on(slug)


def keep(memory: dict[K, V], key: K, value: V, most: int) -> None:
    """Put an entry last, dropping the oldest ones beyond `most`."""
    memory.pop(key, None)
    while len(memory) >= most:
        del memory[next(iter(memory))]
    memory[key] = value


async def follow_changes(
    resolver: LinkResolver, snapshot_writer: SnapshotWriter, conninfo: str, succeeded: Callable[[], None]
) -> None:
    """Pass every notified change on to the cache and the snapshot, until the connection fails.

    Calls `succeeded` once it listens, then whenever PostgreSQL has answered a heartbeat. Raises psycopg.Error or
    OSError.
    """
    async with _listening(conninfo) as connection:
        resolver.invalidate_all()
        snapshot_writer.mark_all_changed()
        while True:
            succeeded()
            async for notification in connection.notifies(timeout=HEARTBEAT_SECONDS):
                resolver.forget(notification.payload)
                snapshot_writer.mark_changed(notification.payload)
            # psycopg hands over what is notified meanwhile when it is listened to again.
            await connection.execute("SELECT 1")


@contextlib.asynccontextmanager
async def _listening(conninfo: str) -> AsyncIterator[psycopg.AsyncConnection]:
    connection = await bounded_connect(ANSWER_SECONDS)(
        conninfo, autocommit=True, connect_timeout=5, application_name="jaring-listener"
    )
    async with connection:
        await connection.execute(f"LISTEN {LINKS_CHANNEL}".encode())
        yield connection
