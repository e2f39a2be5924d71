"""Wiring: the API as a FastAPI application, an API process that serves it, and the gateway in front of both lanes.

`jaring serve` runs the gateway as the factory `api.main:create_gateway`, and the API by `api.cli.api_process`.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import structlog
from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

import api.applications.routes
import api.audit.routes
import api.campaigns.routes
import api.channels.routes
import api.gateway.refusal
import api.health.routes
import api.intakes.routes
import api.links.bulk_routes
import api.links.qr_routes
import api.links.routes
import api.openapi.routes
import api.programmes.routes
import api.public.routes
import api.statistics.routes
import api.units.routes
from api.gateway.app import Gateway
from api.gateway.headers import BehindGatewayMiddleware
from api.http.contract.head import HeadMiddleware
from api.http.contract.plain_text import PlainTextErrorMiddleware
from api.http.problems import install_problem_handlers
from api.http.request_log import RequestLogMiddleware, operation_id
from api.lanes import Lane
from api.logs.configuration import configure_logging
from api.openapi.document import install_openapi
from api.openapi.headers import HEADERS
from api.runtime.api_process import running_api
from api.runtime.gateway import running_gateway
from campaigns.kit.settings import Settings

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
    api.openapi.routes.router,
]

DESCRIPTION = """\
Jaring follows a recruitment campaign from a tapped link to an accepted applicant.

Every error response is an RFC 9457 problem document. Lists have cursor pages, newest first. Times have the format of
RFC 3339. Statistics count days in the time zone Asia/Jakarta, unless the deployment or the query sets another.
"""


def create_api(settings: Settings, lifespan: Any = None) -> FastAPI:
    """The whole API; its `state.context` is set by the lifespan."""
    app = _create(settings, ROUTERS, lifespan)
    install_openapi(app)
    return app


def _create(settings: Settings, routers: Sequence[APIRouter], lifespan: Any = None) -> FastAPI:
    """A FastAPI application with these routers, whose every answer is logged, counted and, if an error, a problem."""
    app = FastAPI(
        title="Jaring",
        version="1",
        summary="Recruitment campaigns and applicant intake.",
        description=DESCRIPTION,
        lifespan=lifespan,
        # Off: `api.openapi` serves the document and its page, the framework's pages load scripts from elsewhere.
        openapi_url=None,
        # Off: the redirect would be built from the Host header, which the client chooses.
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
    )
    for router in routers:
        # On the routes, since the application's own limit would answer outside the middleware below.
        app.include_router(router, max_body_size=settings.max_body_bytes)
    install_problem_handlers(app, [route for router in routers for route in router.routes])
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
            expose_headers=sorted(HEADERS),
            max_age=3600,
        )
    app.add_middleware(RequestLogMiddleware)
    return app


def create_gateway() -> Gateway:
    """The application of a gateway process, configured by the environment; the factory of `jaring serve`."""
    settings = Settings()
    configure_logging(settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with _said_why():
            async with running_gateway(settings, refusing=refusals) as (context, redirect, forwarder):
                app.state.context = context
                gateway.redirect = redirect
                gateway.forward = forwarder
                yield

    refusals = _create(settings, [api.gateway.refusal.router])
    gateway = Gateway(_create(settings, [api.health.routes.router], lifespan))
    return gateway


def create_api_process(settings: Settings, lane: Lane) -> ASGIApp:
    """The application of an API process, which only gateways can reach."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with _said_why():
            async with running_api(settings, lane) as context:
                app.state.context = context
                yield

    return BehindGatewayMiddleware(create_api(settings, lifespan))


@contextmanager
def _said_why() -> Iterator[None]:
    """Log what ends a process at its start, since granian reports only that it failed."""
    try:
        yield
    except Exception as error:
        log.critical("server_failed", error=type(error).__name__, reason=str(error))
        raise
