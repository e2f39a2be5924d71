"""What stands on both sides of a forwarder: a client's exchange with it, and an API process of a few lines."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.gateway.api_processes import ApiProcesses
from api.gateway.bodies import BodyReader
from api.gateway.forwarder import REFUSAL, Forwarder
from api.gateway.public_writes import PublicWrites
from api.http.problems import STATUS
from campaigns.kit.client_address import TrustedProxies


@dataclass
class Exchange:
    """A request as the gateway's server gives it to the forwarder, and what is sent in answer."""

    method: str = "GET"
    target: bytes = b"/v1/links"
    headers: Sequence[tuple[bytes, bytes]] = ()
    peer: str = "203.0.113.9"
    sent: list[Message] = field(default_factory=list)
    incoming: "asyncio.Queue[Message]" = field(default_factory=asyncio.Queue)

    @property
    def scope(self) -> Scope:
        path, _, query = self.target.partition(b"?")
        return {
            "type": "http",
            "method": self.method,
            "path": path.decode(),
            "raw_path": path,
            "query_string": query,
            "headers": list(self.headers),
            "client": (self.peer, 50_000),
            "scheme": "http",
        }

    @property
    def status(self) -> int:
        status: int = self.sent[0]["status"]
        return status

    @property
    def answer_headers(self) -> Mapping[bytes, bytes]:
        return dict(self.sent[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    def upload(self, part: bytes, *, more: bool = False) -> None:
        self.incoming.put_nowait({"type": "http.request", "body": part, "more_body": more})

    def leave(self) -> None:
        """Close the client's connection."""
        self.incoming.put_nowait({"type": "http.disconnect"})

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    async def through(self, app: ASGIApp) -> "Exchange":
        await app(self.scope, self.incoming.get, self.send)
        return self


class Upstream:
    """The API process: set `answer` to an ASGI application."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []
        self.answer: ASGIApp = answering(b"ok")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.scopes.append(scope)
        await self.answer(scope, receive, send)


def answering(body: bytes, *headers: tuple[bytes, bytes], status: int = 200) -> ASGIApp:
    """An application that answers everything alike."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": list(headers)})
        await send({"type": "http.response.body", "body": body, "more_body": False})

    return answer


async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
    """The gateway's own answer, with the code of the refusal as its body."""
    refusal = scope[REFUSAL]
    if isinstance(refusal, HTTPException):
        await answering(b"", status=refusal.status_code)(scope, receive, send)
        return
    status = next(status for kind, status in STATUS.items() if isinstance(refusal, kind))
    await answering(refusal.code.encode(), status=status)(scope, receive, send)


@dataclass
class Wired:
    """`closed` are the clients whose connections the forwarder had closed."""

    upstream: Upstream
    processes: ApiProcesses
    forwarder: Forwarder
    changed: list[str]
    closed: list[tuple[str, int]]

    def forwarder_with(self, **settings: Any) -> Forwarder:
        return forwarder_of(self.processes, closed=self.closed, **settings)


def forwarder_of(
    processes: ApiProcesses,
    *,
    closed: list[tuple[str, int]],
    proxies: Sequence[Any] = (),
    most_bytes: int = 65_536,
    held_bytes: int = 65_536,
    silence_seconds: float = 60,
    writes_per_minute: int = 120,
) -> Forwarder:
    async def close(host: str, port: int) -> None:
        closed.append((host, port))

    return Forwarder(
        processes,
        proxies=TrustedProxies(list(proxies)),
        writes=PublicWrites(writes_per_minute),
        bodies=BodyReader(most_bytes=most_bytes, silence_seconds=silence_seconds, held_bytes=held_bytes),
        silence_seconds=silence_seconds,
        close=close,
        refusing=refusing,
    )


async def until(true: Callable[[], bool]) -> None:
    """Wait until it is true; the limit of the test is the only clock."""
    while not true():
        await asyncio.sleep(0.005)
