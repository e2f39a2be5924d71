"""Real servers on loopback addresses for checks, and scripted resolvers.

127.0.0.2 stands for the public internet, and 127.0.0.3 for a part of it without servers; the tests' policy allows
both. 127.0.0.1 stands for the internal network, which checks must never reach.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address

from campaigns.links.destination_checks.address_policy import Address
from campaigns.links.destination_checks.dns import NoSuchHost

OUTSIDE, DEAD, INSIDE = "127.0.0.2", "127.0.0.3", "127.0.0.1"
Answer = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Seen:
    """A received request."""

    target: str
    headers: dict[str, str]


@dataclass
class Site:
    """A server; `pages` maps paths to answers, `*` is every other path."""

    pages: dict[str, Answer] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def url(self, path: str = "/", *, host: str = "daftar.example", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            target = head[0].split(" ")[1]
            fields = (line.split(": ", 1) for line in head[1:] if line)
            headers = {name.lower(): value for name, value in fields}
            self.requests.append(Seen(target, headers))
            answer = self.pages.get(target.partition("?")[0]) or self.pages.get("*") or page()
            if isinstance(answer, bytes):
                writer.write(answer)
            else:
                await answer(writer)
            await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def serving(address: str, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Site]:
    site = Site()
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await site.serve(reader, writer)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_server(handle, address, 0, ssl=tls)
    site.port = server.sockets[0].getsockname()[1]
    try:
        yield site
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def page(status: str = "200 OK", body: bytes = b"<p>Daftar</p>", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def redirect(location: str | bytes, status: str = "302 Found", *headers: str) -> bytes:
    raw = location if isinstance(location, bytes) else location.encode()
    extra = "".join(f"{header}\r\n" for header in headers).encode()
    return f"HTTP/1.1 {status}\r\n".encode() + extra + b"Location: " + raw + b"\r\nContent-Length: 0\r\n\r\n"


class Names:
    """A resolver with scripted answers: for each name a list, whose last answer repeats."""

    def __init__(self, answers: dict[str, Sequence[Sequence[str]]]) -> None:
        self._answers = {name: list(turns) for name, turns in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> Sequence[Address]:
        self.asked.append(host)
        turns = self._answers.get(host)
        if not turns:
            raise NoSuchHost
        return [ip_address(text) for text in (turns.pop(0) if len(turns) > 1 else turns[0])]
