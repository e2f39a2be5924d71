"""From the readings of a pasted path (`links.pasted`) to the slug of the one link that can be meant, if there is one.

Asked only for what is no slug as it stands. All that is asked for during one query shares the next, so whoever tries
many paths keeps one connection busy at most.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence

import psycopg

from campaigns.kit.database.connections import Connections
from campaigns.links.resolver.resolver import LOOK_UP_SECONDS, UNKNOWN_CACHE_SECONDS, LookupFailed, keep
from campaigns.links.types import LinkState
from campaigns.planning.types import CampaignState

MAX_KEPT = 2_000
# Beyond that PostgreSQL is slower than people come, and whoever comes next is asked to come again.
MAX_WAITING = 1_000
# Paths in one query; each has up to nine readings.
MAX_PATHS_PER_QUERY = 32

Readings = tuple[tuple[str, str], ...]

# A slug in its own spelling is found as it is, in another spelling of its hyphens only while it leads on. Drafts are
# not found at all.
_FIND = f"""
    SELECT link.slug, replace(link.slug, '-', '') AS key,
        link.state = '{LinkState.ACTIVE}' AND (link.starts_at IS NULL OR link.starts_at <= now())
            AND (link.ends_at IS NULL OR link.ends_at > now() OR link.ended_destination IS NOT NULL) AS leads_on
    FROM links link JOIN campaigns campaign ON campaign.id = link.campaign_id
    WHERE (link.slug = ANY(%s) OR replace(link.slug, '-', '') = ANY(%s))
        AND link.state <> '{LinkState.DRAFT}' AND campaign.state <> '{CampaignState.DRAFT}'
""".encode()  # noqa: S608 - only words of our own enums are put in


class SlugFinder:
    """Finds slugs for one server process; what was found is kept for some seconds, of `most_kept` paths at most."""

    def __init__(self, connections: Connections, *, most_kept: int = MAX_KEPT, most_waiting: int = MAX_WAITING) -> None:
        self._connections = connections
        self._most_kept = most_kept
        self._most_waiting = most_waiting
        # readings -> (slug, until when that holds)
        self._kept: dict[Readings, tuple[str | None, float]] = {}
        self._waiting: dict[Readings, asyncio.Future[str | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def find(self, readings: Readings) -> str | None:
        """The slug that is meant; None if there is none or could be several. Raises LookupFailed."""
        if not readings:
            return None
        kept = self._kept.get(readings)
        if kept is not None and kept[1] >= time.monotonic():
            return kept[0]
        found = self._waiting.get(readings)
        if found is None:
            if len(self._waiting) >= self._most_waiting:
                raise LookupFailed
            found = self._waiting[readings] = asyncio.get_running_loop().create_future()
            if self._asking is None:
                self._asking = asyncio.create_task(self._ask(), name="pasted-paths")
        try:
            return await asyncio.wait_for(asyncio.shield(found), LOOK_UP_SECONDS)
        except (psycopg.Error, OSError, TimeoutError):
            raise LookupFailed from None

    async def _ask(self) -> None:
        try:
            # What else is asked for in this turn of the event loop.
            await asyncio.sleep(0)
            while self._waiting:
                batch = list(self._waiting.items())[:MAX_PATHS_PER_QUERY]
                await self._ask_for(batch)
        finally:
            self._asking = None

    async def _ask_for(self, batch: Sequence[tuple[Readings, "asyncio.Future[str | None]"]]) -> None:
        slugs = {slug for readings, _ in batch for slug, _ in readings if slug}
        keys = {key for readings, _ in batch for _, key in readings}
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS), self._connections() as connection:
                rows = await (await connection.execute(_FIND, (list(slugs), list(keys)))).fetchall()
        except Exception as error:  # whatever it is, all who wait hear of it, lest they wait for their turn to fail
            for found in self._waiting.values():
                found.set_exception(error)
                found.exception()  # whoever waited may be gone
            self._waiting.clear()
            return
        until = time.monotonic() + UNKNOWN_CACHE_SECONDS
        for readings, found in batch:
            del self._waiting[readings]
            slug = meant_slug(readings, rows)
            keep(self._kept, readings, (slug, until), self._most_kept)
            found.set_result(slug)


def meant_slug(readings: Readings, found: Iterable[tuple[str, str, bool]]) -> str | None:
    """The one slug among those found (slug, key, whether it leads on) that some reading means; None for several.

    Of one reading, a slug in its own spelling comes before others of its key.
    """
    exact = {slug for slug, _, _ in found}
    leading = [(slug, key) for slug, key, leads_on in found if leads_on]
    meant = set[str]()
    for slug, key in readings:
        meant |= {slug} if slug in exact else {other for other, its_key in leading if its_key == key}
    return meant.pop() if len(meant) == 1 else None
