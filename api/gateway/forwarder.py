"""Passes requests on to the API processes and their answers back.

Used by the gateway for everything that is neither a short link nor a probe. Nothing waits without a limit: a lane that
is full or away is refused at once, an API process that falls silent is given up, and a client that goes away ends its
request in the API. No client holds a place at the API by being slow: a request is sent when it is whole, and an answer
of usual size is read at once. Longer ones, such as exports, are passed on as they come.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

import aiohttp
from prometheus_client import Counter, Gauge
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from yarl import URL

from api.gateway.api_processes import ApiProcess, ApiProcesses, is_document
from api.gateway.bodies import BodyReader, ClientGone, api_busy
from api.gateway.connections import UNREAD
from api.gateway.headers import CHANGED, CLIENT, PREFIX, SCHEME
from api.gateway.public_writes import PublicWrites
from api.lanes import lane_of
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.errors import DomainError, Unavailable

REFUSED = Counter("jaring_api_refused_total", "Requests that the gateway refused.", ["lane", "reason"])
IN_FLIGHT = Gauge(
    "jaring_api_requests_in_flight", "Requests that API processes are answering.", ["lane"], multiprocess_mode="livesum"
)

# Of one connection and not of the message (RFC 9110, 7.6.1). The gateway's own server has answered `Expect`.
_HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-connection transfer-encoding te trailer upgrade expect".split(),
)
REFUSAL = "jaring.refusal"
# An answer up to this size is read from the API at once, whatever the pace of the client: a page of 200 items has half
# of it. The kernel keeps as much for a connection by itself.
WHOLE_ANSWER_BYTES = 256 * 1024
# Of one answer: ten minutes for an export of 100,000 links (some 20 MB) is the pace of a bad telephone line.
ANSWER_SECONDS = 600.0

CloseConnection = Callable[[str, int], Awaitable[None]]


class ClientTooSlow(Exception):
    """The client does not read its answer."""


class _Place:
    """A place at an API process; freed once, as early as possible."""

    def __init__(self, process: ApiProcess, lane: str, path: str) -> None:
        self._process: ApiProcess | None = process
        self._in_flight = IN_FLIGHT.labels(lane)
        self._document = int(is_document(path))
        process.in_flight += 1
        process.documents_in_flight += self._document
        self._in_flight.inc()

    def free(self) -> None:
        if self._process is not None:
            self._process.in_flight -= 1
            self._process.documents_in_flight -= self._document
            self._in_flight.dec()
            self._process = None


class Forwarder:
    """The ASGI application.

    `refusing` answers with the error that the scope holds as `jaring.refusal`. `close` ends the connection of a client
    by its address and port. `silence_seconds` is how long a client may do nothing.
    """

    def __init__(
        self,
        processes: ApiProcesses,
        *,
        proxies: TrustedProxies,
        writes: PublicWrites,
        bodies: BodyReader,
        silence_seconds: float,
        close: CloseConnection,
        refusing: ASGIApp,
    ) -> None:
        self._processes = processes
        self._proxies = proxies
        self._writes = writes
        self._bodies = bodies
        self._unread_seconds = silence_seconds * UNREAD
        self._close = close
        self._refusing = refusing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer, port = scope.get("client") or ("", 0)
        client, secure = self._proxies.client(peer, scope["scheme"], scope["headers"])
        headers = _headers_for(scope, client, "https" if secure else "http")
        lane = lane_of(scope["path"])
        send, refusal = self._writes.allow(scope, client, send)
        try:
            if refusal is not None:
                REFUSED.labels(lane.value, "rate").inc()
                raise refusal
            body = await self._bodies.read(scope["headers"], receive, client)
            process = self._processes.least_busy(lane)
            if not process.has_place(scope["path"]):
                REFUSED.labels(lane.value, "full").inc()
                raise api_busy()
            place = _Place(process, lane.value, scope["path"])
            try:
                await self._forward(process, place, scope, headers, body, receive, send)
            finally:
                place.free()
        except ClientGone:
            return
        except ClientTooSlow:
            await self._close(peer, port)
        except (DomainError, HTTPException) as refusal:
            scope[REFUSAL] = refusal
            await self._refusing(scope, receive, send)
        except (aiohttp.ClientError, OSError) as error:  # time-outs are OSError
            REFUSED.labels(lane.value, "away").inc()
            if scope.get("jaring.begun"):
                # The answer has begun: an error is all that can still cut it off.
                raise ConnectionAbortedError("an API process ended during its answer") from error
            scope[REFUSAL] = Unavailable("api-away", "The API does not answer at the moment. Repeat the request later.")
            await self._refusing(scope, receive, send)

    async def _forward(
        self,
        process: ApiProcess,
        place: _Place,
        scope: Scope,
        headers: list[tuple[str, str]],
        body: bytes | None,
        receive: Receive,
        send: Send,
    ) -> None:
        gone = asyncio.Event()
        relay = asyncio.current_task()
        watch = asyncio.create_task(_wait_until_gone(receive, gone), name="client-watch")
        watch.add_done_callback(lambda ended: None if ended.cancelled() or relay is None else relay.cancel())
        try:
            async with process.session.request(
                scope["method"], _target(scope), headers=headers, data=body, allow_redirects=False
            ) as answer:
                await self._relay(answer, place, scope, send)
        except (asyncio.CancelledError, aiohttp.ClientError):
            if gone.is_set():
                raise ClientGone from None
            raise
        finally:
            watch.cancel()

    async def _relay(self, answer: aiohttp.ClientResponse, place: _Place, scope: Scope, send: Send) -> None:
        received = [(name.lower(), value) for name, value in answer.raw_headers]
        for name, value in received:
            if name == CHANGED:
                for slug in value.decode().split():
                    self._processes.link_changed(slug)
        start = {"type": "http.response.start", "status": answer.status, "headers": list(_end_to_end(received))}
        if answer.content_length is not None and answer.content_length <= WHOLE_ANSWER_BYTES:
            body = await answer.read()
            place.free()
            scope["jaring.begun"] = True
            await send(start)
            await send({"type": "http.response.body", "body": body, "more_body": False})
            return
        scope["jaring.begun"] = True
        await send(start)
        ends_at = asyncio.get_running_loop().time() + ANSWER_SECONDS
        async for part in answer.content.iter_any():
            await self._send_part(send, {"type": "http.response.body", "body": part, "more_body": True}, ends_at)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_part(self, send: Send, part: Message, ends_at: float) -> None:
        """Send a part of an answer; raises ClientTooSlow if the client has not read enough of those before in time."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(loop.time() + self._unread_seconds, ends_at)):
                await send(part)
        except TimeoutError:
            raise ClientTooSlow from None


async def _wait_until_gone(receive: Receive, gone: asyncio.Event) -> None:
    """Return when the client has closed its connection, after `gone` is set."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


def _headers_for(scope: Scope, client: str, scheme: str) -> list[tuple[str, str]]:
    """The client's headers without those of the connection, and what the API is told of the client."""
    headers = [
        (name.decode("ascii"), _text(value))
        for name, value in _end_to_end(scope["headers"])
        if name != b"content-length"
    ]
    return [*headers, (CLIENT.decode(), client), (SCHEME.decode(), scheme)]


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
