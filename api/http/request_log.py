"""Logs and metrics of requests, without bodies, query strings, IP addresses and personal data."""

import time
from uuid import uuid4

import structlog
from fastapi.routing import APIRoute
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter("jaring_api_requests_total", "API requests answered.", ["operation", "status"])
SECONDS = Histogram("jaring_api_request_seconds", "Time an API request took.", ["operation"])

# RFC 9110, 9.3, and PATCH. A method is a word of the sender's choice, of any length.
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})

log = structlog.get_logger("jaring.requests")


def operation_id(route: APIRoute) -> str:
    """The name of an operation, `<tag>_<verb>`, such as `links_create`."""
    return f"{route.tags[0]}_{route.name}"


class RequestLogMiddleware:
    """ASGI middleware that gives each request a trace id, counts it, and logs it under its operation id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        trace_id = uuid4().hex
        scope["jaring.trace_id"] = trace_id
        status, begun = 500, time.perf_counter()

        async def noting_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"trace-id", trace_id.encode())]
            await send(message)

        try:
            await self.app(scope, receive, noting_status)
        finally:
            seconds = time.perf_counter() - begun
            # The operation id and not the path, since paths contain references and slugs.
            route = scope.get("route")
            operation = operation_id(route) if isinstance(route, APIRoute) else "unmatched"
            REQUESTS.labels(operation, str(status)).inc()
            SECONDS.labels(operation).observe(seconds)
            log.info(
                "request",
                operation=operation,
                method=scope["method"] if scope["method"] in _METHODS else "other",
                status=status,
                milliseconds=round(seconds * 1000, 1),
                trace_id=trace_id,
            )
