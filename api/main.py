"""Wiring: the FastAPI application with its lifespan, and the outer dispatcher that answers short links before it.

Served by `jaring serve` as the factory `api.main:create_app`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware

import api.applications.routes
import api.audit.routes
import api.campaigns.routes
import api.channels.routes
import api.intakes.routes
import api.links.routes
import api.programmes.routes
import api.public.routes
import api.statistics.routes
import api.units.routes
from api.http.context import Context
from api.http.observing import Observed, configure_logging, operation_id
from api.http.problems import install_problem_handlers
from api.openapi import install_openapi
from campaigns.kit.database import make_engine, make_sessions
from campaigns.kit.master_key import load_keys
from campaigns.kit.settings import Settings

ROUTERS = [
    api.units.routes.router,
    api.programmes.routes.router,
    api.intakes.routes.router,
    api.campaigns.routes.router,
    api.channels.routes.router,
    api.links.routes.router,
    api.public.routes.router,
    api.applications.routes.router,
    api.statistics.routes.router,
    api.audit.routes.router,
]

DESCRIPTION = """\
Follows a recruitment campaign from a tapped link to an accepted applicant.

Every refusal is an RFC 9457 problem document. Lists are cursor pages. Times are RFC 3339; figures are counted in
Asia/Jakarta days unless a query says otherwise.
"""


def create_api(context: Context | None, settings: Settings) -> FastAPI:
    """The FastAPI application; without a context it makes its own when it starts and closes it when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if context is not None:
            app.state.context = context
            yield
            return
        master_key = settings.master_key.get_secret_value() if settings.master_key else None
        if settings.database_url is None:
            raise RuntimeError("JARING_DATABASE_URL is not set; `jaring serve` sets it for the embedded PostgreSQL")
        engine = make_engine(
            settings.database_url.get_secret_value(),
            pool_size=settings.pool_size,
            statement_timeout_seconds=settings.statement_timeout_seconds,
        )
        keys = load_keys(master_key, settings.data)
        app.state.context = Context(settings=settings, keys=keys, sessions=make_sessions(engine))
        yield
        await engine.dispose()

    app = FastAPI(
        title="Jaring",
        version="1",
        summary="Recruitment campaigns and applicant intake.",
        description=DESCRIPTION,
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        max_body_size=settings.max_body_bytes,
    )
    for router in ROUTERS:
        app.include_router(router)
    install_problem_handlers(app)
    install_openapi(app)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PATCH"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"],
            expose_headers=["ETag", "Link", "Location", "Retry-After", "Trace-Id"],
            max_age=3600,
        )
    app.add_middleware(Observed)
    return app


def create_app() -> FastAPI:
    settings = Settings()
    configure_logging(settings.log_level)
    return create_api(None, settings)
