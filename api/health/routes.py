"""Probes and metrics for operators. They contain no personal data and require no API key."""

import asyncio
from functools import partial

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.health.metrics import metrics_text
from api.health.responses import Alive, LoopHealth, Ready
from api.http.context import CurrentContext, LoopState
from api.http.contract.router import ContractRouter
from api.http.database_probe import DatabaseState, ask_database
from api.http.problems import RETRY_SECONDS

router = ContractRouter(tags=["health"])

PROBE_SECONDS = 2.0
# Beyond what a tap may wait for PostgreSQL: so long it is in memory only while no disk takes it.
OLDEST_TAP_SECONDS = 2.0
NO_ANSWER = DatabaseState(answers=False)


@router.get("/livez", name="live", responses={503: {"model": Alive, "description": "A restart is needed."}})
async def live(context: CurrentContext, response: Response) -> Alive:
    """Check that the process works: its event loop answers, and none of its permanent tasks has ended or hangs.

    It does not look at other processes or the database. A process that is broken ends within seconds, and `jaring
    serve` starts a new one.
    """
    broken = context.broken()
    _finish(response, well=not broken)
    return Alive(status="broken" if broken else "ok", broken=list(broken))


@router.get("/readyz", name="ready", responses={503: {"model": Ready, "description": "A part is unavailable."}})
async def ready(context: CurrentContext, response: Response) -> Ready:
    """Check that the server is ready: the database commits, has the right schema and takes taps directly.

    The API has to answer too. While the server is not ready, short links still work: taps go to a journal. A load
    balancer for short links alone checks `/livez` instead. What the database answers is kept for a second.
    """
    database, api = await asyncio.gather(
        context.database.get(partial(ask_database, context.sessions), within_seconds=PROBE_SECONDS), context.api()
    )
    found = database or NO_ANSWER
    capture = context.capture()
    migrated = found.revision == context.newest_revision
    prompt = capture.oldest_seconds < context.settings.click_deadline_seconds + OLDEST_TAP_SECONDS
    well = found.commits and migrated and capture.direct and prompt and api.answers and not context.broken()
    own = [LoopState(loop.name, loop.age_seconds, loop.failures) for loop in context.loops]
    _finish(response, well=well)
    return Ready(
        status="ready" if well else "degraded",
        database="ok" if found.commits else "not_committing" if found.answers else "unreachable",
        migrations="unknown" if not found.answers else "ok" if migrated else "outdated",
        api="ok" if api.answers else "unreachable",
        taps_waiting=capture.in_memory,
        oldest_tap_seconds=round(capture.oldest_seconds, 1),
        capture="direct" if capture.direct else "journal",
        taps_journalled=capture.in_journal,
        taps_lost=capture.lost,
        stripped_headers=list(capture.stripped_headers),
        loops=[
            LoopHealth(name=loop.name, age_seconds=round(loop.age_seconds, 1), failures=loop.failures)
            for loop in (*own, *api.loops)
        ],
    )


def _finish(response: Response, *, well: bool) -> None:
    response.headers["Cache-Control"] = "no-store"
    if not well:
        response.status_code = 503
        response.headers["Retry-After"] = RETRY_SECONDS


@router.get("/metrics", name="metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(context: CurrentContext) -> Response:
    """Get the metrics of all server processes in the text format of Prometheus."""
    # In a thread, since it reads the files of all processes and taps go on meanwhile.
    text_now = await asyncio.to_thread(metrics_text, context.settings.metrics_directory)
    return Response(text_now, media_type=CONTENT_TYPE_LATEST)
