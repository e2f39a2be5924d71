"""Passes requests on to the API processes and their answers back, as they come, never a whole body in memory.

Used by the gateway for everything that is neither a short link nor a probe. Nothing waits without a limit: a lane that
is full or away is refused at once, an API process that falls silent is given up, and a client that goes away ends its
request in the API.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable

import aiohttp
from prometheus_client import Counter, Gauge
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from api.gateway.api_processes import ApiProcess, ApiProcesses
from api.gateway.headers import CHANGED, CLIENT, PREFIX, SCHEME
from api.lanes import lane_of
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.errors import Unavailable

REFUSED = Counter("jaring_api_refused_total", "Requests that the gateway refused.", ["lane", "reason"])
IN_FLIGHT = Gauge(
    "jaring_api_requests_in_flight", "Requests that API processes are answering.", ["lane"], multiprocess_mode="livesum"
)

# Of one connection and not of the message (RFC 9110, 7.6.1). The gateway's own server has answered `Expect`.
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-connection transfer-encoding te trailer upgrade expect".split(),
)
_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})
REFUSAL = "jaring.refusal"


class ClientGone(Exception):
    """The client closed the connection before its request was answered."""


class Forwarder:
    """The ASGI application. `refusing` answers with the error that the scope holds as `jaring.refusal`."""

    def __init__(self, processes: ApiProcesses, *, proxies: TrustedProxies, refusing: ASGIApp) -> None:
        self._processes = processes
        self._proxies = proxies
        self._refusing = refusing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        lane = lane_of(scope["path"])
        process = self._processes.least_busy(lane)
        if process.full:
            REFUSED.labels(lane.value, "full").inc()
            await self._refuse(scope, receive, send, "api-busy", "The API has too many requests at the moment.")
            return
        in_flight = IN_FLIGHT.labels(lane.value)
        process.in_flight += 1
        in_flight.inc()
        try:
            await self._forward(process, scope, receive, send)
        except ClientGone:
            return
        except (aiohttp.ClientError, OSError) as error:  # time-outs are OSError
            REFUSED.labels(lane.value, "away").inc()
            if scope.get("jaring.begun"):
                # The answer has begun: an error is all that can still cut it off.
                raise ConnectionAbortedError("an API process ended during its answer") from error
            await self._refuse(scope, receive, send, "api-away", "The API does not answer at the moment.")
        finally:
            process.in_flight -= 1
            in_flight.dec()

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, code: str, detail: str) -> None:
        scope[REFUSAL] = Unavailable(code, f"{detail} Repeat the request later.")
        await self._refusing(scope, receive, send)

    async def _forward(self, process: ApiProcess, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive)
        has_body = any(name in _BODY_HEADERS for name, _ in scope["headers"])
        if not has_body:
            body.whole.set()
        relay = asyncio.current_task()
        watch = asyncio.create_task(body.wait_until_gone(), name="client-watch")
        watch.add_done_callback(lambda ended: None if ended.cancelled() or relay is None else relay.cancel())
        try:
            async with process.session.request(
                scope["method"],
                _target(scope),
                headers=self._headers_for(scope),
                data=body.parts() if has_body else None,
                allow_redirects=False,
            ) as answer:
                await self._relay(answer, scope, send)
        except (asyncio.CancelledError, aiohttp.ClientError):
            if body.gone.is_set():
                raise ClientGone from None
            raise
        finally:
            watch.cancel()

    def _headers_for(self, scope: Scope) -> list[tuple[str, str]]:
        """The client's headers without those of the connection, and what the API is told of the client."""
        peer = scope.get("client")
        address, secure = self._proxies.client(peer[0] if peer else "", scope["scheme"], scope["headers"])
        headers = [(name.decode("ascii"), _text(value)) for name, value in _end_to_end(scope["headers"])]
        told = {CLIENT: address, SCHEME: "https" if secure else "http"}
        return [*headers, *((name.decode(), value) for name, value in told.items())]

    async def _relay(self, answer: aiohttp.ClientResponse, scope: Scope, send: Send) -> None:
        received = [(name.lower(), value) for name, value in answer.raw_headers]
        for name, value in received:
            if name == CHANGED:
                for slug in value.decode().split():
                    self._processes.link_changed(slug)
        scope["jaring.begun"] = True
        headers = list(_end_to_end(received))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        async for part in answer.content.iter_any():
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class _Body:
    """The body of a request, read as it is sent on; then the place to notice that the client is gone."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.whole = asyncio.Event()
        self.gone = asyncio.Event()

    async def parts(self) -> AsyncIterator[bytes]:
        """The parts of the body; raises ClientGone if the client leaves before the last one."""
        more = True
        while more:
            message = await self._receive()
            if message["type"] != "http.request":
                self.gone.set()
                self.whole.set()
                raise ClientGone
            if part := message.get("body", b""):
                yield part
            more = message.get("more_body", False)
        self.whole.set()

    async def wait_until_gone(self) -> None:
        """Return when the client has closed the connection. Until the body is whole, `parts` would notice."""
        await self.whole.wait()
        while not self.gone.is_set():
            if (await self._receive())["type"] == "http.disconnect":
                self.gone.set()


def _target(scope: Scope) -> URL:
    """The request's target, byte by byte as the client wrote it."""
    target = scope["raw_path"].decode("latin-1")
    if scope["query_string"]:
        target += "?" + scope["query_string"].decode("latin-1")
    return URL("http://api" + target, encoded=True)


def _text(value: bytes) -> str:
    """A header's value for aiohttp, which writes UTF-8; other encodings are taken for Latin-1 and change theirs."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _end_to_end(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[bytes, bytes]]:
    """The headers without those of one connection, those that `Connection` names, and the gateway's own."""
    pairs, listed = list(headers), set[bytes]()
    for name, value in pairs:
        if name == b"connection":
            listed.update(option.strip().lower() for option in value.split(b","))
    return (
        (name, value)
        for name, value in pairs
        if name not in _HOP_BY_HOP and name not in listed and not name.startswith(PREFIX)
    )
