"""Short links as a bare ASGI application: resolve, record, send on. Nothing here is per-request but these few steps.

    tap -> target from memory -> click stored by group commit -> 302 to the destination with UTM and the signed cid

Bot rules, link previews and the journal belong between resolving and recording, in `RedirectApp._tap`.
"""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import Counter

from api.redirect import pages
from campaigns.clicks.capture import TapWriter
from campaigns.clicks.salts import SaltKeeper
from campaigns.clicks.tokens import sign_click
from campaigns.clicks.visitors import visitor_of
from campaigns.kit.ids import uuid7_bytes
from campaigns.links.resolving import LinkResolver, LookUpFailed, Target

ANSWERS = Counter("jaring_redirects_total", "Answers of the redirect.", ["answer"])
REDIRECTED = ANSWERS.labels("redirected")
HEAD_ONLY = ANSWERS.labels("head")
UNKNOWN = ANSWERS.labels("unknown")
RETIRED = ANSWERS.labels("retired")
UNAVAILABLE = ANSWERS.labels("unavailable")

# What can be a slug at all; anything else is answered as unknown without asking or recording.
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_SLUG = 60
_NO_STORE = (b"cache-control", b"no-store")
_EMPTY = (b"content-length", b"0")

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class RedirectApp:
    """The ASGI application; `token_key` signs click tokens."""

    def __init__(
        self,
        *,
        resolver: LinkResolver,
        clicks: TapWriter,
        orphans: TapWriter,
        salts: SaltKeeper,
        token_key: bytes,
    ) -> None:
        self._resolver = resolver
        self._clicks = clicks
        self._orphans = orphans
        self._salts = salts
        self._token_key = token_key
        self._second = 0
        self._second_text = b""

    async def __call__(self, scope: Scope, _receive: Any, send: Send) -> None:
        method = scope["method"]
        if method not in ("GET", "HEAD"):
            await _answer(send, 405, [(b"allow", b"GET, HEAD"), _EMPTY])
            return
        slug = scope["path"].strip("/").lower()
        target = self._resolver.cached(slug)
        if target is None:
            try:
                target = await self._look_up(slug)
            except LookUpFailed:
                UNAVAILABLE.inc()
                await _page(send, 503, pages.UNAVAILABLE, method, (b"retry-after", b"2"))
                return
            if target is None:
                await self._unknown(scope, send, slug)
                return
        if target.retired:
            RETIRED.inc()
            await _page(send, 410, pages.RETIRED, method)
        elif method == "HEAD":
            # Link checkers ask with HEAD; it is not a tap, so there is no click and no token.
            HEAD_ONLY.inc()
            await _answer(send, 302, [(b"location", target.bare), _NO_STORE, _EMPTY])
        else:
            await self._tap(scope, send, target)

    async def _look_up(self, slug: str) -> Target | None:
        if len(slug) > _LONGEST_SLUG or not _SLUG.fullmatch(slug):
            return None
        return await self._resolver.resolve(slug)

    async def _tap(self, scope: Scope, send: Send, target: Target) -> None:
        milliseconds = time.time_ns() // 1_000_000
        click_id = uuid7_bytes(milliseconds)
        await self._clicks.write(target.copy_prefix + self._tap_columns(scope, click_id, milliseconds))
        REDIRECTED.inc()
        token = sign_click(self._token_key, click_id, target.link_id)
        await _answer(send, 302, [(b"location", target.before + token + target.after), _NO_STORE, _EMPTY])

    async def _unknown(self, scope: Scope, send: Send, slug: str) -> None:
        UNKNOWN.inc()
        if scope["method"] == "GET" and len(slug) <= _LONGEST_SLUG and _SLUG.fullmatch(slug):
            milliseconds = time.time_ns() // 1_000_000
            columns = self._tap_columns(scope, uuid7_bytes(milliseconds), milliseconds)
            await self._orphans.write(slug.encode() + b"\t" + columns)
        await _page(send, 404, pages.UNKNOWN, scope["method"])

    def _tap_columns(self, scope: Scope, click_id: bytes, milliseconds: int) -> bytes:
        """The columns id, clicked_at and visitor as COPY text; clicked_at is the very millisecond in the id."""
        second, fraction = divmod(milliseconds, 1000)
        if second != self._second:
            self._second = second
            self._second_text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second)).encode()
        agent = language = b""
        for name, value in scope["headers"]:
            if name == b"user-agent":
                agent = value
            elif name == b"accept-language":
                language = value
        client = scope.get("client")
        address = client[0].encode() if client else b""
        visitor = visitor_of(self._salts.current(milliseconds), address, agent, language)
        return b"%s\t%s.%03d+00\t%d\n" % (click_id.hex().encode(), self._second_text, fraction, visitor)


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _page(send: Send, status: int, page: bytes, method: str, *headers: tuple[bytes, bytes]) -> None:
    await _answer(
        send,
        status,
        [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(page)).encode()),
            (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
            (b"x-content-type-options", b"nosniff"),
            _NO_STORE,
            *headers,
        ],
        b"" if method == "HEAD" else page,
    )
