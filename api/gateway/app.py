"""The outer ASGI application of a gateway process: short links, probes, and everything else to the API processes.

A path of one segment that is not a reserved word is a short link's slug. Redirects bypass FastAPI and its middleware,
which would cost more than the redirect itself (docs/decisions/0006).
"""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from campaigns.links.rules import RESERVED_SLUGS

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
_NOT_SLUGS = frozenset({"/", *(f"/{word}" for word in RESERVED_SLUGS)})


class Gateway:
    """The application; the lifespan of `probes` sets `redirect` and `forward` before the first request."""

    def __init__(self, probes: ASGIApp) -> None:
        self.probes = probes
        self.redirect: ASGIApp = probes
        self.forward: ASGIApp = probes

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # A plain function: a coroutine around each redirect would cost more than this check.
        if scope["type"] == "http":
            # People paste links with a trailing slash.
            path = scope["path"].rstrip("/") or "/"
            if path.find("/", 1) < 0 and path not in _NOT_SLUGS:
                return self.redirect(scope, receive, send)
            if scope["path"] not in PROBES:
                return self.forward(scope, receive, send)
            # Proxies keep metrics from the public by the path as it was sent: `/%6detrics` is none.
            sent = scope["raw_path"].decode("latin-1")
            if sent != scope["path"]:
                scope = {**scope, "path": sent}
        return self.probes(scope, receive, send)
