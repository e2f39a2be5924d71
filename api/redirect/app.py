"""Short links as a bare ASGI application: resolve, record, send on. Nothing here is per-request but these few steps.

    tap -> target from memory -> tap stored by group commit -> 302 to the destination with UTM and the signed cid

Every GET and HEAD of a link that leads somewhere is recorded; whether it counts as a person's is what the agent's
verdict and the observed facts amount to (campaigns/clicks/verdict.py). Only preview crawlers are answered differently.
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
from campaigns.links.types import LinkState
from campaigns.planning.types import CampaignState

ANSWERS = Counter("jaring_redirects_total", "Answers of the redirect.", ["answer"])
REDIRECTED = BatchedCounter(ANSWERS.labels("redirected"))
HEAD_ONLY = BatchedCounter(ANSWERS.labels("head"))
PREVIEWED = BatchedCounter(ANSWERS.labels("preview"))
OFFICIAL = BatchedCounter(ANSWERS.labels("official"))
UNKNOWN = BatchedCounter(ANSWERS.labels("unknown"))
INACTIVE = BatchedCounter(ANSWERS.labels("not_leading"))
UNAVAILABLE = BatchedCounter(ANSWERS.labels("unavailable"))

# What can be a slug at all; anything else is answered as unknown without asking or recording.
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_SLUG = 60
_NO_STORE = (b"cache-control", b"no-store")
_EMPTY = (b"content-length", b"0")
_REDIRECT = {"type": "http.response.start", "status": 302}
_NO_BODY = {"type": "http.response.body", "body": b""}
# Nothing is loaded, and no other site shows these pages as a part of its own to borrow their trust.
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
        milliseconds = time.time_ns() // 1_000_000
        if slug == path and (target.plain or _leads(target, milliseconds)):
            await self._tap(scope, send, target, slug, milliseconds)
            return
        # The other pages tell of other links and of checks, and nobody announces that those changed.
        target = await self._resolver.recent(slug, target)
        if slug == path and _leads(target, milliseconds):
            await self._tap(scope, send, target, slug, milliseconds)
        elif slug == path or _is_secret(target):
            INACTIVE.add()
            status, page = self._closed_page(target, milliseconds)
            await _page(send, status, page, method)
        else:
            OFFICIAL.add()
            await _page(send, 200, self._official_page(target, slug, milliseconds), method)

    async def _look_up(self, slug: str) -> Target | None:
        if len(slug) > _LONGEST_SLUG or not _SLUG.fullmatch(slug):
            return None
        return await self._resolver.resolve(slug)

    async def _tap(self, scope: Scope, send: Send, target: Target, slug: str, now_ms: int) -> None:
        tap = self._read(scope, target.link_id, now_ms)
        leg = target.default if target.plain else _leg(target, tap, now_ms)
        line = encode_click(tap, target.campaign_id, target.link_id, leg.variant)
        agent = tap.facts.agent
        await self._clicks.write(line, agent)
        if agent.preview:
            PREVIEWED.add()
            await _page(send, 200, self._preview_page(target, slug), scope["method"])
        elif scope["method"] == "HEAD":
            # Link checkers send HEAD. They never register, so they get no token.
            HEAD_ONLY.add()
            await _answer(send, 302, [(b"location", leg.bare), _NO_STORE, _EMPTY])
        else:
            REDIRECTED.add()
            location = leg.address(sign_click(self._token_key, tap.id, target.link_id))
            # As `_answer` does, which would be one coroutine more.
            await send({**_REDIRECT, "headers": [(b"location", location), _NO_STORE, _EMPTY]})
            await send(_NO_BODY)

    async def _unknown(self, scope: Scope, send: Send, slug: str) -> None:
        UNKNOWN.add()
        if len(slug) <= _LONGEST_SLUG and _SLUG.fullmatch(slug):
            tap = self._read(scope, slug.encode(), time.time_ns() // 1_000_000)
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

    def _closed_page(self, target: Target, milliseconds: int) -> tuple[int, bytes]:
        """The status and page of a link that does not lead on, now or ever again."""
        if target.state is LinkState.RETIRED:
            return 410, pages.retired_page(self._live(target))
        if _is_secret(target):
            return 404, pages.UNKNOWN
        if target.state is LinkState.PAUSED:
            return 404, pages.PAUSED
        if target.starts_ms is not None and milliseconds < target.starts_ms:
            return 404, pages.not_yet(datetime.fromtimestamp(target.starts_ms / 1000, self._zone))
        return 410, pages.ended_page(self._live(target))

    def _official_page(self, target: Target, slug: str, milliseconds: int) -> bytes:
        about = target.about
        over = target.ends_ms is not None and milliseconds >= target.ends_ms
        leads_to = [about.ended] if over and about.ended is not None else about.destinations
        state = _standing(target, milliseconds)
        return pages.official_page(
            short_url=self._base + slug,
            # Where it will lead one day, or led once, is not for this page to say.
            leads_to=leads_to if state in ("active", "doubtful") else (),
            unit=about.unit,
            programme=about.programme,
            campaign=about.campaign,
            state=state,
            live=self._live(target),
        )

    def _preview_page(self, target: Target, slug: str) -> bytes:
        about = target.about
        return pages.preview_page(
            short_url=self._base + slug,
            title=about.title,
            description=about.description,
            image=about.image,
            site=about.unit,
        )

    def _live(self, target: Target) -> str | None:
        about = target.about
        return None if about.live is None or about.campaign_state == CampaignState.CLOSED else self._base + about.live


def _leads(target: Target, milliseconds: int) -> bool:
    """Whether the link sends taps on at this moment."""
    if target.state is not LinkState.ACTIVE or (target.starts_ms is not None and milliseconds < target.starts_ms):
        return False
    return target.ends_ms is None or milliseconds < target.ends_ms or target.ended is not None


def _is_secret(target: Target) -> bool:
    """Whether nobody outside is to know of the link yet."""
    return target.state is LinkState.DRAFT or target.about.campaign_state == CampaignState.DRAFT


def _standing(target: Target, milliseconds: int) -> str:
    """What the official page says of a link that is no secret; the words are those of `pages.official_page`."""
    if target.state is not LinkState.ACTIVE:
        return target.state.value
    if target.about.campaign_state == CampaignState.CLOSED:
        return "closed"
    if not _leads(target, milliseconds):
        return "not_yet" if target.starts_ms is not None and milliseconds < target.starts_ms else "ended"
    return "doubtful" if target.about.doubtful else "active"


def _leg(target: Target, tap: Tap, now_ms: int) -> TargetUrl:
    if target.ended is not None and target.ends_ms is not None and now_ms >= target.ends_ms:
        leg = target.ended
    else:
        facts = tap.facts
        leg = target.leg(device=facts.agent.verdict.device.value, language=facts.language, visitor=tap.visitor)
    return leg.passing(tap.query.passed) if target.pass_query and tap.query.passed else leg


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
