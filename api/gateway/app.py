"""The outer ASGI application of a gateway process: short links, probes, and everything else to the API processes.

A path of one segment that is not a reserved word is a short link's slug. Redirects bypass FastAPI and its middleware,
which would cost more than the redirect itself (docs/decisions/0006). Of all other paths the API is given its own and
the questions of programs; whoever else comes is a person with an address that leads nowhere, or a link that was pasted
with something around it, and is shown a page.
"""

from collections.abc import Awaitable

from starlette.types import ASGIApp, Receive, Scope, Send

from campaigns.links.rules import RESERVED_SLUGS

PROBES = frozenset({"/livez", "/readyz", "/metrics"})
API_SEGMENTS = frozenset({"v1", "docs", "redoc", "openapi.json"})
_NOT_SLUGS = RESERVED_SLUGS | {""}


class Gateway:
    """The application; the lifespan of `probes` sets `redirect` and `forward` before the first request."""

    def __init__(self, probes: ASGIApp) -> None:
        self.probes = probes
        self.redirect: ASGIApp = probes
        self.forward: ASGIApp = probes

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        # A plain function: a coroutine around each redirect would cost more than this check.
        if scope["type"] == "http":
            # People paste links with slashes before and behind them.
            segment = scope["path"].strip("/")
            if "/" not in segment and segment not in _NOT_SLUGS:
                return self.redirect(scope, receive, send)
            if scope["path"] not in PROBES:
                app = self.forward if _is_for_the_api(scope) else self.redirect
                return app(scope, receive, send)
            # Proxies keep metrics from the public by the path as it was sent: `/%6detrics` is none.
            sent = scope["raw_path"].decode("latin-1")
            if sent != scope["path"]:
                scope = {**scope, "path": sent}
        return self.probes(scope, receive, send)


def _is_for_the_api(scope: Scope) -> bool:
    """Whether a request that is no short link is the API's to answer, with a problem if there is no such path."""
    if scope["path"].lstrip("/").partition("/")[0] in API_SEGMENTS or scope["method"] not in ("GET", "HEAD"):
        return True
    headers = dict(scope["headers"])
    accepted = headers.get(b"accept", b"")
    return b"authorization" in headers or (b"json" in accepted and b"text/html" not in accepted)
