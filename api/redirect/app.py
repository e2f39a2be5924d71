"""Short links as a bare ASGI application: resolve, record, send on. A request takes these few steps only.

    tap -> target from memory -> tap stored by group commit -> 302 to the destination with UTM and the signed cid

Every GET and HEAD of a link that leads somewhere is recorded. Whether it counts as a person's follows from the user
agent's verdict and the request's flags (campaigns/clicks/bots/reasons.py). Only preview crawlers get another answer.
"""

import re
import time
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from prometheus_client import Counter

from api.redirect import pages, site
from api.redirect.answers import ANSWERS, EMPTY, NO_STORE, Scope, Send, send_answer, send_page
from campaigns.clicks.capture.budget import Budget
from campaigns.clicks.capture.request_headers import HeaderParser
from campaigns.clicks.capture.salts import SaltKeeper
from campaigns.clicks.capture.tap import Tap, TapReader
from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.header_watch import HeaderWatch
from campaigns.clicks.row import encode_click, encode_orphan
from campaigns.clicks.tokens import sign_click
from campaigns.clicks.types import RequestFlag
from campaigns.kit.batched_counter import BatchedCounter
from campaigns.kit.client_address import TrustedProxies
from campaigns.links.pasted import Pasted, read_pasted
from campaigns.links.resolver.resolver import LinkResolver, LookupFailed
from campaigns.links.resolver.slug_finder import SlugFinder
from campaigns.links.resolver.target import Target, TargetUrl
from campaigns.links.standing import Standing, closed_standing, is_over, is_secret, leads_on, standing_of
from campaigns.naming.utm import SLUG_LENGTH, SLUG_PATTERN

REDIRECTED = BatchedCounter(ANSWERS.labels("redirected"))
HEAD_ONLY = BatchedCounter(ANSWERS.labels("head"))
PREVIEWED = BatchedCounter(ANSWERS.labels("preview"))
OFFICIAL = BatchedCounter(ANSWERS.labels("official"))
UNKNOWN = BatchedCounter(ANSWERS.labels("unknown"))
INACTIVE = BatchedCounter(ANSWERS.labels("not_leading"))
UNAVAILABLE = BatchedCounter(ANSWERS.labels("unavailable"))

REPAIRED = BatchedCounter(Counter("jaring_repaired_links_total", "Requests whose path was read as it was pasted."))

NOT_STORED = Counter("jaring_orphan_taps_not_stored_total", "Taps on unknown links beyond those that are stored.")
# Taps on unknown links that a process stores, whoever tries how many: a misprinted poster has fewer.
ORPHANS_AT_ONCE, ORPHANS_PER_HOUR = 10_000, 3_600

_SLUG = re.compile(SLUG_PATTERN)
# All unknown slugs together, since whoever tries them tries many.
_NO_LINK = b""
_REPAIRED = int(RequestFlag.REPAIRED)
_REDIRECT = {"type": "http.response.start", "status": 302}
_NO_BODY = {"type": "http.response.body", "body": b""}


class _Repaired(NamedTuple):
    """A request that was pasted with something around its link: the link, and the request with the glued query."""

    target: Target
    slug: str
    path: str
    scope: Scope


class RedirectApp:
    """The ASGI application.

    `token_key` signs click tokens, `base` is what short links start with, `zone` is that of times on pages, `home` is
    the address that the bare host leads to, if it does not show a page of its own.
    """

    def __init__(
        self,
        *,
        resolver: LinkResolver,
        finder: SlugFinder,
        clicks: TapWriter,
        orphans: TapWriter,
        salts: SaltKeeper,
        headers: HeaderParser,
        watch: HeaderWatch,
        proxies: TrustedProxies,
        token_key: bytes,
        base: str,
        zone: ZoneInfo,
        home: str | None = None,
        orphan_budget: Budget | None = None,
    ) -> None:
        self._resolver = resolver
        self._finder = finder
        self._clicks = clicks
        self._orphans = orphans
        self._taps = TapReader(salts=salts, headers=headers, watch=watch, proxies=proxies)
        self._orphan_budget = orphan_budget or Budget(ORPHANS_AT_ONCE, ORPHANS_PER_HOUR)
        self._token_key = token_key
        self._base = base
        self._zone = zone
        self._home = home

    async def __call__(self, scope: Scope, _receive: Any, send: Send) -> None:
        method = scope["method"]
        if method != "GET" and method != "HEAD":
            await send_answer(send, 405, [(b"allow", b"GET, HEAD"), EMPTY])
            return
        path = scope["path"].strip("/").lower()
        slug = path.removesuffix("+")
        target = self._resolver.cached(slug)
        path_flags = 0
        if target is None:
            answer_site = site.answer_for(path)
            if answer_site is not None:
                await answer_site(send, method, self._home)
                return
            repaired = None
            try:
                target = await self._look_up(slug)
                if target is None:
                    pasted = read_pasted(scope["path"])
                    repaired = await self._repair(scope, pasted)
            except LookupFailed:
                UNAVAILABLE.add()
                await send_page(send, 503, pages.UNAVAILABLE, method, (b"retry-after", b"2"))
                return
            if repaired is not None:
                target, slug, path, scope = repaired
                path_flags = _REPAIRED
            elif target is None:
                await self._unknown(scope, send, slug, pasted)
                return
        now_ms = time.time_ns() // 1_000_000
        if slug == path and (target.plain or leads_on(target.life, now_ms)):
            await self._tap(scope, send, target, slug, now_ms, path_flags)
            return
        # Status pages show other links and check results, whose changes are not announced, so the link is read again.
        target = await self._resolver.recent(slug, target)
        if slug == path and leads_on(target.life, now_ms):
            await self._tap(scope, send, target, slug, now_ms, path_flags)
        elif slug == path or is_secret(target.life):
            INACTIVE.add()
            status, page = self._closed_page(target, now_ms)
            await send_page(send, status, page, method)
        else:
            OFFICIAL.add()
            await send_page(send, 200, self._official_page(target, slug, now_ms), method)

    async def _repair(self, scope: Scope, pasted: Pasted) -> _Repaired | None:
        """The link that the path means, read as it was pasted; None if there is none or could be several."""
        slug = pasted.slug
        target = self._resolver.cached(slug) or await self._look_up(slug)
        if target is None:
            slug = await self._finder.find(pasted.readings) or ""
            target = self._resolver.cached(slug) or await self._look_up(slug)
        if target is None:
            return None
        REPAIRED.add()
        query = b"&".join(filter(None, (pasted.query, scope["query_string"])))
        return _Repaired(target, slug, slug + "+" * pasted.is_official, {**scope, "query_string": query})

    async def _look_up(self, slug: str) -> Target | None:
        if len(slug) > SLUG_LENGTH or not _SLUG.fullmatch(slug):
            return None
        return await self._resolver.resolve(slug)

    async def _tap(self, scope: Scope, send: Send, target: Target, slug: str, now_ms: int, path_flags: int) -> None:
        tap = self._read(scope, target.link_id, now_ms, path_flags)
        url = target.default if target.plain else _url_for(target, tap, now_ms)
        line = encode_click(tap, target.campaign_id, target.link_id, url.variant)
        agent = tap.facts.agent
        await self._clicks.write(line, agent)
        if agent.is_preview:
            PREVIEWED.add()
            await send_page(send, 200, self._preview_page(target, slug), scope["method"])
        elif scope["method"] == "HEAD":
            # Link checkers send HEAD. They never register, so they get no token.
            HEAD_ONLY.add()
            await send_answer(send, 302, [(b"location", url.without_token()), NO_STORE, EMPTY])
        else:
            REDIRECTED.add()
            location = url.with_token(sign_click(self._token_key, tap.id, target.link_id))
            # As `send_answer` does, which would be one coroutine more.
            await send({**_REDIRECT, "headers": [(b"location", location), NO_STORE, EMPTY]})
            await send(_NO_BODY)

    async def _unknown(self, scope: Scope, send: Send, slug: str, pasted: Pasted) -> None:
        UNKNOWN.add()
        if self._orphan_budget.take():
            if not (len(slug) <= SLUG_LENGTH and _SLUG.fullmatch(slug)):
                slug = pasted.slug
            tap = self._read(scope, _NO_LINK, time.time_ns() // 1_000_000)
            kept = self._resolver.in_known_words(slug)
            await self._orphans.write(encode_orphan(tap, kept), tap.facts.agent)
        else:
            NOT_STORED.inc()
        await send_page(send, 404, pages.UNKNOWN, scope["method"])

    def _read(self, scope: Scope, link: bytes, now_ms: int, path_flags: int = 0) -> Tap:
        peer = scope.get("client")
        return self._taps.read(
            headers=scope["headers"],
            query=scope["query_string"],
            peer=peer[0] if peer else "",
            scheme=scope["scheme"],
            is_head=scope["method"] == "HEAD",
            link=link,
            now_ms=now_ms,
            path_flags=path_flags,
        )

    def _closed_page(self, target: Target, now_ms: int) -> tuple[int, bytes]:
        """The status and page of a link that does not lead on, now or ever again."""
        match closed_standing(target.life, now_ms):
            case Standing.RETIRED:
                return 410, pages.retired_page(self._successor(target))
            case Standing.ENDED:
                return 410, pages.ended_page(self._successor(target))
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
            successor=self._successor(target),
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

    def _successor(self, target: Target) -> str | None:
        slug = target.info.successor
        return None if slug is None else self._base + slug


def _url_for(target: Target, tap: Tap, now_ms: int) -> TargetUrl:
    if target.ended is not None and is_over(target.life, now_ms):
        url = target.ended
    else:
        facts = tap.facts
        url = target.choose(device=facts.agent.verdict.device.value, language=facts.language, visitor=tap.visitor)
    return url.with_parameters(tap.query.passed) if target.pass_query and tap.query.passed else url
