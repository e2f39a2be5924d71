"""Wiring: the FastAPI application, and the outer dispatcher that answers short links before it.

Served by `jaring serve` as the factory `api.main:create_app`.
"""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import Receive, Scope, Send

import api.applications.routes
import api.audit.routes
import api.campaigns.routes
import api.channels.routes
import api.health.routes
import api.intakes.routes
import api.links.bulk_routes
import api.links.qr_routes
import api.links.routes
import api.programmes.routes
import api.public.routes
import api.statistics.routes
import api.units.routes
from api.http.contract.head import HeadMiddleware
from api.http.contract.plain_text import PlainTextErrorMiddleware
from api.http.logging import configure_logging
from api.http.problems import install_problem_handlers
from api.http.request_log import RequestLogMiddleware, operation_id
from api.openapi.document import install_openapi
from api.redirect.app import RedirectApp
from api.runtime.lifespan import running
from campaigns.kit.settings import Settings
from campaigns.links.rules import RESERVED_SLUGS

log = structlog.get_logger("jaring.main")

ROUTERS = [
    api.public.routes.router,
    api.units.routes.router,
    api.programmes.routes.router,
    api.intakes.routes.router,
    api.campaigns.routes.router,
    api.channels.routes.router,
    api.links.bulk_routes.router,
    api.links.routes.router,
    api.links.qr_routes.router,
    api.applications.routes.router,
    api.statistics.routes.router,
    api.audit.routes.router,
    api.health.routes.router,
]

DESCRIPTION = """\
Jaring follows a recruitment campaign from a tapped link to an accepted applicant.

Every error response is an RFC 9457 problem document. Lists have cursor pages, newest first. Times have the format of
RFC 3339. Statistics count days in the time zone Asia/Jakarta, unless the deployment or the query sets another.
"""


class Dispatcher:
    """The outer ASGI application: a path of one segment that is not a reserved word is a short link's slug.

    Redirects bypass FastAPI and its middleware, which would cost more than the redirect itself (docs/decisions/0006).
    """

    def __init__(self, api: FastAPI) -> None:
        self.api = api
        self.redirect: RedirectApp | None = None
        self._not_slugs = frozenset({"/", *(f"/{word}" for word in RESERVED_SLUGS)})

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # A plain function: a coroutine around each redirect would cost more than this check.
        if scope["type"] == "http" and self.redirect is not None:
            # People paste links with a trailing slash.
            path = scope["path"].rstrip("/") or "/"
            if path.find("/", 1) < 0 and path not in self._not_slugs:
                return self.redirect(scope, receive, send)
        return self.api(scope, receive, send)


def create_api(settings: Settings, lifespan: Any = None) -> FastAPI:
    """The FastAPI application alone; its `state.context` is set by the lifespan."""
    app = FastAPI(
        title="Jaring",
        version="1",
        summary="Recruitment campaigns and applicant intake.",
        description=DESCRIPTION,
        lifespan=lifespan,
        # Off: the redirect would be built from the Host header, which the client chooses.
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    for router in ROUTERS:
        # On the routes, since the application's own limit would answer outside the middleware below.
        app.include_router(router, max_body_size=settings.max_body_bytes)
    install_problem_handlers(app, [route for router in ROUTERS for route in router.routes])
    install_openapi(app)
    app.add_middleware(PlainTextErrorMiddleware)
    app.add_middleware(HeadMiddleware)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "HEAD", "POST", "PATCH"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "Idempotency-Key",
                "If-Match",
                "If-None-Match",
                "Status-Token",
                "Traceparent",
                "Tracestate",
            ],
            expose_headers=[
                "Content-Disposition",
                "Content-Language",
                "ETag",
                "Idempotent-Replayed",
                "Link",
                "Location",
                "Retry-After",
                "Trace-Id",
            ],
            max_age=3600,
        )
    app.add_middleware(RequestLogMiddleware)
    return app


def create_app() -> Dispatcher:
    """The whole application of one server process, configured by the environment."""
    settings = Settings()
    configure_logging(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with running(settings) as (context, redirect):
                app.state.context = context
                dispatcher.redirect = redirect
                yield
        except Exception as error:
            # Granian reports only that a worker failed, not why.
            log.critical("server_failed", error=type(error).__name__, reason=str(error))
            raise

    dispatcher = Dispatcher(create_api(settings, lifespan))
    return dispatcher
