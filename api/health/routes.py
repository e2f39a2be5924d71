"""Probes and metrics for operators. They contain no personal data and require no API key."""

import asyncio

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.health.metrics import metrics_text
from api.health.responses import Alive, LoopHealth, Ready
from api.http.context import Context, CurrentContext, LoopState
from api.http.contract.router import ContractRouter

router = ContractRouter(tags=["health"])

PROBE_SECONDS = 2.0


@router.get("/livez", name="live")
async def live() -> Alive:
    """Check that the process is running. Nothing else is checked."""
    return Alive(status="ok")


@router.get("/readyz", name="ready", responses={503: {"model": Ready, "description": "A part is unavailable."}})
async def ready(context: CurrentContext, response: Response) -> Ready:
    """Check that the server is ready: the database is available, has the right schema and stores taps directly.

    The API has to answer too. While the server is not ready, short links still work: taps go to a journal. A load
    balancer for short links alone checks `/livez` instead.
    """
    asking = asyncio.create_task(_revision(context))
    # Not cancelled on time-out: the cancellation would wait for the database too.
    _, api = await asyncio.gather(asyncio.wait({asking}, timeout=PROBE_SECONDS), context.api())
    reachable, revision = asking.result() if asking.done() else (False, None)
    capture = context.capture()
    well = reachable and revision == context.newest_revision and capture.direct and api.answers
    own = [LoopState(loop.name, loop.age_seconds, loop.failures) for loop in context.loops]
    response.status_code = 200 if well else 503
    response.headers["Cache-Control"] = "no-store"
    return Ready(
        status="ready" if well else "degraded",
        database="ok" if reachable else "unreachable",
        migrations="unknown" if not reachable else "ok" if revision == context.newest_revision else "outdated",
        api="ok" if api.answers else "unreachable",
        taps_waiting=capture.in_memory,
        capture="direct" if capture.direct else "journal",
        taps_journalled=capture.in_journal,
        taps_lost=capture.lost,
        loops=[
            LoopHealth(name=loop.name, age_seconds=round(loop.age_seconds, 1), failures=loop.failures)
            for loop in (*own, *api.loops)
        ],
    )


async def _revision(context: Context) -> tuple[bool, str | None]:
    """Whether the database answers, and the revision of its schema."""
    try:
        async with context.sessions() as session:
            connection = await session.connection()
            found = await connection.execute(text("SELECT version_num FROM alembic_version"))
            return True, found.scalar_one_or_none()
    except (SQLAlchemyError, OSError):
        return False, None


@router.get("/metrics", name="metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(context: CurrentContext) -> Response:
    """Get the metrics of all server processes in the text format of Prometheus."""
    # In a thread, since it reads the files of all processes and taps go on meanwhile.
    text_now = await asyncio.to_thread(metrics_text, context.settings.metrics_directory)
    return Response(text_now, media_type=CONTENT_TYPE_LATEST)
