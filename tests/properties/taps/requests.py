"""Sends requests to the redirect as an HTTP server does, and checks that every answered tap is stored."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import psycopg
from psycopg.rows import DictRow

from campaigns.clicks.bots.known_words import in_known_words
from campaigns.clicks.tokens import read_click
from campaigns.links.pasted import read_pasted
from tests.properties.hostile import PHONE
from tests.redirect.taps import TOKEN_KEY, Taps

ANSWERING_SECONDS = 10
_TEXTS = {
    "language": r"[a-z]{2,3}",
    "referrer_host": r"[a-z0-9_.-]{1,255}",
    "network": r"[a-z_-]+",
    "country": r"[A-Z]{2}",
    "via": r"qr",
    "extras": r"[A-Za-z0-9_.~%&=-]+",
}


@dataclass(frozen=True)
class Request:
    """A request as an ASGI server hands it on."""

    path: str = "/abc"
    query: bytes = b""
    headers: Sequence[tuple[bytes, bytes]] = ((b"user-agent", PHONE),)
    method: str = "GET"
    peer: str = "127.0.0.1"

    @property
    def agent(self) -> str:
        """The text that is to be stored of its User-Agent."""
        header = dict(self.headers).get(b"user-agent", b"")
        return in_known_words(header[:1000].decode("utf-8", "replace"))[0]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[bytes, bytes]
    body: bytes

    @property
    def location(self) -> str:
        return self.headers[b"location"].decode("ascii")


@dataclass
class Redirect:
    """The running redirect with a link of every kind, and a connection of our own to its database."""

    taps: Taps
    database: psycopg.AsyncConnection[DictRow]
    # How many taps the database has rightly refused.
    refused: int = 0

    async def ask(self, request: Request) -> Answer:
        """The answer, checked for what any HTTP client needs of one."""
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "scheme": "http",
            "method": request.method,
            "path": request.path,
            "query_string": request.query,
            "headers": list(request.headers),
            "client": (request.peer, 1),
        }
        async with asyncio.timeout(ANSWERING_SECONDS):
            await self.taps.app(scope, None, send)
        start, body = sent
        answer = Answer(start["status"], dict(start["headers"]), body["body"])
        assert all(re.fullmatch(rb"[ -~]*", value) for value in answer.headers.values())
        assert request.method != "HEAD" or not answer.body
        assert answer.status in (200, 302, 404, 405, 410)
        if answer.status == 302:
            assert re.fullmatch(r"[!-~]+", answer.location)
            assert urlsplit(answer.location).hostname == "daftar.example"
        return answer

    async def ask_at_once(self, *requests: Request) -> list[Answer]:
        """The answers to requests that share a commit; fails unless each that was sent on or previewed is stored."""
        before, _ = await self.count()
        answers = await asyncio.gather(*map(self.ask, requests))
        await self.check_stored(requests, answers)
        noted = sum(
            answer.status == 302 or _is_preview(request, answer)
            for request, answer in zip(requests, answers, strict=True)
        )
        after, _ = await self.count()
        assert after - before == noted
        return answers

    async def check_stored(self, requests: Sequence[Request], answers: Sequence[Answer]) -> None:
        """Fail unless the tap behind each redirect to a GET is stored as it came, found by the token it was given."""
        await self._settle()
        given: dict[UUID, Request] = {}
        for request, answer in zip(requests, answers, strict=True):
            if answer.status == 302 and request.method == "GET":
                click = read_click(TOKEN_KEY, parse_qs(urlsplit(answer.location).query)["cid"][-1])
                assert click is not None
                given[click.click_id] = request
        cursor = await self.database.execute(
            "SELECT clicks.*, agents.text AS agent FROM clicks LEFT JOIN agents ON agents.id = clicks.agent_id"
            " WHERE clicks.id = ANY(%s)",
            [list(given)],
        )
        stored = {row["id"]: row for row in await cursor.fetchall()}
        assert stored.keys() == given.keys()
        for click_id, request in given.items():
            row = stored[click_id]
            assert row["agent"] == request.agent
            assert [name for name, text in _TEXTS.items() if row[name] and not re.fullmatch(text, row[name])] == []

    async def count(self) -> tuple[int, int]:
        """How many taps are stored, of links and of no link."""
        cursor = await self.database.execute(
            "SELECT (SELECT count(*) FROM clicks) AS clicks, (SELECT count(*) FROM orphan_taps) AS orphans"
        )
        (row,) = await cursor.fetchall()
        return row["clicks"], row["orphans"]

    async def _settle(self) -> None:
        """Wait until everything is in PostgreSQL; fails if a tap was given up that was not to be refused."""
        fallback = self.taps.fallback
        while fallback.waiting or self.taps.clicks.waiting:
            await asyncio.sleep(0.02)
        assert fallback.lost == self.refused


def _is_preview(request: Request, answer: Answer) -> bool:
    """Whether it is neither the page of the bare host nor the official page of a link."""
    slug = request.path.strip("/")
    is_official = slug.endswith("+") or read_pasted(request.path).is_official
    return answer.status == 200 and slug != "" and not is_official
