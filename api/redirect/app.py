"""Short links as a bare ASGI application: resolve, record, send on. A request takes these few steps only.

    tap -> target from memory -> tap stored by group commit -> 302 to the destination with UTM and the signed cid

Every GET and HEAD of a link that leads somewhere is recorded. Whether it counts as a person's follows from the user
agent's verdict and the request's flags (campaigns/clicks/bots/reasons.py). Only preview crawlers get another answer.
"""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from prometheus_client import Counter

from api.redirect import pages
from campaigns.clicks.capture.request_headers import HeaderParser
from campaigns.clicks.capture.salts import SaltKeeper
from campaigns.clicks.capture.tap import Tap, TapReader
from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.row import encode_click, encode_orphan
from campaigns.clicks.tokens import sign_click
from campaigns.kit.batched_counter import BatchedCounter
from campaigns.kit.client_address import TrustedProxies
from campaigns.links.resolver.resolver import LinkResolver, LookupFailed
from campaigns.links.resolver.target import Target, TargetUrl
from campaigns.links.standing import Standing, closed_standing, is_over, is_secret, leads_on, standing_of
from campaigns.naming.utm import SLUG_LENGTH, SLUG_PATTERN
from campaigns.planning.types import CampaignState

ANSWERS = Counter("jaring_redirects_total", "Answers of the redirect.", ["answer"])
REDIRECTED = BatchedCounter(ANSWERS.labels("redirected"))
HEAD_ONLY = BatchedCounter(ANSWERS.labels("head"))
PREVIEWED = BatchedCounter(ANSWERS.labels("preview"))
OFFICIAL = BatchedCounter(ANSWERS.labels("official"))
UNKNOWN = BatchedCounter(ANSWERS.labels("unknown"))
INACTIVE = BatchedCounter(ANSWERS.labels("not_leading"))
UNAVAILABLE = BatchedCounter(ANSWERS.labels("unavailable"))

# Whatever cannot be a slug is answered as unknown without a look-up or a record.
_SLUG = re.compile(SLUG_PATTERN)
# All unknown slugs together, since whoever tries them tries many.
_NO_LINK = b""
_NO_STORE = (b"cache-control", b"no-store")
_EMPTY = (b"content-length", b"0")
_REDIRECT = {"type": "http.response.start", "status": 302}
_NO_BODY = {"type": "http.response.body", "body": b""}
# Pages load nothing, and no other site can frame them to borrow their trust.
_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class RedirectApp:
    """The ASGI application.

    `token_key` signs click tokens, `base` is what short links start with, `zone` is that of times on pages.
    """

    def __init__(
        self,
        *,
        resolver: LinkResolver,
        clicks: TapWriter,
        orphans: TapWriter,
        salts: SaltKeeper,
        headers: HeaderParser,
        proxies: TrustedProxies,
        token_key: bytes,
        base: str,
        zone: ZoneInfo,
    ) -> None:
        self._resolver = resolver
        self._clicks = clicks
        self._orphans = orphans
        self._taps = TapReader(salts=salts, headers=headers, proxies=proxies)
        self._token_key = token_key
        self._base = base
        self._zone = zone

    async def __call__(self, scope: Scope, _receive: Any, send: Send) -> None:
        method = scope["method"]
        if method != "GET" and method != "HEAD":
            await _answer(send, 405, [(b"allow", b"GET, HEAD"), _EMPTY])
            return
        path = scope["path"].strip("/").lower()
        slug = path.removesuffix("+")
        target = self._resolver.cached(slug)
        if target is None:
            try:
                target = await self._look_up(slug)
            except LookupFailed:
                UNAVAILABLE.add()
                await _page(send, 503, pages.UNAVAILABLE, method, (b"retry-after", b"2"))
                return
            if target is None:
                await self._unknown(scope, send, slug)
                return
        now_ms = time.time_ns() // 1_000_000
        if slug == path and (target.plain or leads_on(target.life, now_ms)):
            await self._tap(scope, send, target, slug, now_ms)
            return
        # Status pages show other links and check results, whose changes are not announced, so the link is read again.
        target = await self._resolver.recent(slug, target)
        if slug == path and leads_on(target.life, now_ms):
            await self._tap(scope, send, target, slug, now_ms)
        elif slug == path or is_secret(target.life):
            INACTIVE.add()
            status, page = self._closed_page(target, now_ms)
            await _page(send, status, page, method)
        else:
            OFFICIAL.add()
            await _page(send, 200, self._official_page(target, slug, now_ms), method)

    async def _look_up(self, slug: str) -> Target | None:
        if len(slug) > SLUG_LENGTH or not _SLUG.fullmatch(slug):
            return None
        return await self._resolver.resolve(slug)

    async def _tap(self, scope: Scope, send: Send, target: Target, slug: str, now_ms: int) -> None:
        tap = self._read(scope, target.link_id, now_ms)
        url = target.default if target.plain else _url_for(target, tap, now_ms)
        line = encode_click(tap, target.campaign_id, target.link_id, url.variant)
        agent = tap.facts.agent
        await self._clicks.write(line, agent)
        if agent.is_preview:
            PREVIEWED.add()
            await _page(send, 200, self._preview_page(target, slug), scope["method"])
        elif scope["method"] == "HEAD":
            # Link checkers send HEAD. They never register, so they get no token.
            HEAD_ONLY.add()
            await _answer(send, 302, [(b"location", url.without_token()), _NO_STORE, _EMPTY])
        else:
            REDIRECTED.add()
            location = url.with_token(sign_click(self._token_key, tap.id, target.link_id))
            # As `_answer` does, which would be one coroutine more.
            await send({**_REDIRECT, "headers": [(b"location", location), _NO_STORE, _EMPTY]})
            await send(_NO_BODY)

    async def _unknown(self, scope: Scope, send: Send, slug: str) -> None:
        UNKNOWN.add()
        if len(slug) <= SLUG_LENGTH and _SLUG.fullmatch(slug):
            tap = self._read(scope, _NO_LINK, time.time_ns() // 1_000_000)
            await self._orphans.write(encode_orphan(tap, slug), tap.facts.agent)
        await _page(send, 404, pages.UNKNOWN, scope["method"])

    def _read(self, scope: Scope, link: bytes, now_ms: int) -> Tap:
        peer = scope.get("client")
        return self._taps.read(
            headers=scope["headers"],
            query=scope["query_string"],
            peer=peer[0] if peer else "",
            scheme=scope["scheme"],
            is_head=scope["method"] == "HEAD",
            link=link,
            now_ms=now_ms,
        )

    def _closed_page(self, target: Target, now_ms: int) -> tuple[int, bytes]:
        """The status and page of a link that does not lead on, now or ever again."""
        match closed_standing(target.life, now_ms):
            case Standing.RETIRED:
                return 410, pages.retired_page(self._live(target))
            case Standing.ENDED:
                return 410, pages.ended_page(self._live(target))
            case Standing.PAUSED:
                return 404, pages.PAUSED
            case Standing.NOT_YET if target.life.starts_ms is not None:
                return 404, pages.not_yet(datetime.fromtimestamp(target.life.starts_ms / 1000, self._zone))
            case _:
                return 404, pages.UNKNOWN

    def _official_page(self, target: Target, slug: str, now_ms: int) -> bytes:
        info = target.info
        over = is_over(target.life, now_ms)
        leads_to = [info.ended] if over and info.ended is not None else info.destinations
        standing = standing_of(target.life, now_ms)
        return pages.official_page(
            short_url=self._base + slug,
            # The page does not show where the link will lead one day, or led once.
            leads_to=leads_to if standing in (Standing.ACTIVE, Standing.DOUBTFUL) else (),
            unit=info.unit,
            programme=info.programme,
            campaign=info.campaign,
            standing=standing,
            live=self._live(target),
        )

    def _preview_page(self, target: Target, slug: str) -> bytes:
        info = target.info
        return pages.preview_page(
            short_url=self._base + slug,
            title=info.title,
            description=info.description,
            image=info.image,
            site=info.unit,
        )

    def _live(self, target: Target) -> str | None:
        info = target.info
        return (
            None if info.live is None or target.life.campaign_state == CampaignState.CLOSED else self._base + info.live
        )


def _url_for(target: Target, tap: Tap, now_ms: int) -> TargetUrl:
    if target.ended is not None and is_over(target.life, now_ms):
        url = target.ended
    else:
        facts = tap.facts
        url = target.choose(device=facts.agent.verdict.device.value, language=facts.language, visitor=tap.visitor)
    return url.with_parameters(tap.query.passed) if target.pass_query and tap.query.passed else url


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
            (b"content-security-policy", _POLICY),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            _NO_STORE,
            *headers,
        ],
        b"" if method == "HEAD" else page,
    )
