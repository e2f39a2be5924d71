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

from iptocc import country_code
from prometheus_client import Counter

from api.redirect import pages
from campaigns.acquisition.lookup import network_of
from campaigns.clicks.capture.burst_counter import BurstCounter
from campaigns.clicks.capture.query_string import EMPTY_QUERY, TapQuery, read_query
from campaigns.clicks.capture.request_headers import NULL, HeaderFacts, HeaderParser, copy_text
from campaigns.clicks.capture.salts import SaltKeeper
from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.tokens import sign_click
from campaigns.clicks.visitors import visitor_of
from campaigns.kit.batched_counter import BatchedCounter
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.ids import uuid7_bytes
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
        notes: HeaderParser,
        proxies: TrustedProxies,
        token_key: bytes,
        base: str,
        zone: ZoneInfo,
    ) -> None:
        self._resolver = resolver
        self._clicks = clicks
        self._orphans = orphans
        self._salts = salts
        self._notes = notes
        self._proxies = proxies
        self._token_key = token_key
        self._base = base
        self._zone = zone
        self._pace = BurstCounter()
        self._second = 0
        self._second_text = b""

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

    async def _tap(self, scope: Scope, send: Send, target: Target, slug: str, milliseconds: int) -> None:
        query = scope["query_string"]
        asked = read_query(query) if query else EMPTY_QUERY
        click_id = uuid7_bytes(milliseconds)
        note, visitor, columns = self._tap_columns(scope, click_id, milliseconds, asked, target.link_id)
        leg = target.default if target.plain else _leg(target, note, visitor, asked, milliseconds)
        line = b"%s%s\t%s\t%s\t%s\n" % (target.copy_prefix, columns, asked.via, leg.variant, asked.extras)
        await self._clicks.write(line, note.agent)
        if note.agent.preview:
            PREVIEWED.add()
            await _page(send, 200, self._preview_page(target, slug), scope["method"])
        elif scope["method"] == "HEAD":
            # Link checkers ask with HEAD; it is nobody who will register, so there is no token.
            HEAD_ONLY.add()
            await _answer(send, 302, [(b"location", leg.bare), _NO_STORE, _EMPTY])
        else:
            REDIRECTED.add()
            location = leg.address(sign_click(self._token_key, click_id, target.link_id))
            # As `_answer` does, which would be one coroutine more.
            await send({**_REDIRECT, "headers": [(b"location", location), _NO_STORE, _EMPTY]})
            await send(_NO_BODY)

    async def _unknown(self, scope: Scope, send: Send, slug: str) -> None:
        UNKNOWN.add()
        if len(slug) <= _LONGEST_SLUG and _SLUG.fullmatch(slug):
            milliseconds = time.time_ns() // 1_000_000
            asked = read_query(scope["query_string"])
            note, _, columns = self._tap_columns(scope, uuid7_bytes(milliseconds), milliseconds, asked, slug.encode())
            await self._orphans.write(b"%s\t%s\n" % (slug.encode(), columns), note.agent)
        await _page(send, 404, pages.UNKNOWN, scope["method"])

    def _tap_columns(
        self, scope: Scope, click_id: bytes, milliseconds: int, asked: TapQuery, link: bytes
    ) -> tuple[HeaderFacts, int, bytes]:
        """The note, the visitor, and the columns from id to network as COPY text.

        clicked_at is the very millisecond in the id.
        """
        second, fraction = divmod(milliseconds, 1000)
        if second != self._second:
            self._second = second
            self._second_text = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second)).encode()
        headers = dict(scope["headers"])
        peer = scope.get("client")
        address, secure = self._proxies.client(peer[0] if peer else "", scope["scheme"], scope["headers"])
        note = self._notes.read(headers, head=scope["method"] == "HEAD", secure=secure)
        visitor = visitor_of(
            self._salts.current(milliseconds),
            address.encode(),
            headers.get(b"user-agent", b""),
            headers.get(b"accept-language", b""),
        )
        country = country_code(address)
        columns = b"%s\t%s.%03d+00\t%d\t%s\t%s%s" % (
            click_id.hex().encode(),
            self._second_text,
            fraction,
            visitor,
            country.encode() if country else NULL,
            note.burst_columns if self._pace.is_burst(visitor, link, milliseconds) else note.columns,
            copy_text(network_of(note.referrer, asked.click_ids)) if asked.click_ids else note.network,
        )
        return note, visitor, columns

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


def _leg(target: Target, note: HeaderFacts, visitor: int, asked: TapQuery, milliseconds: int) -> TargetUrl:
    if target.ended is not None and target.ends_ms is not None and milliseconds >= target.ends_ms:
        leg = target.ended
    else:
        leg = target.leg(device=note.agent.verdict.device.value, language=note.language, visitor=visitor)
    return leg.passing(asked.passed) if target.pass_query and asked.passed else leg


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
