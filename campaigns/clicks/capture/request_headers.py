"""The headers of a tap: user agent, flags of the request, language, referrer, and the network that it names.

On the redirect's hot path. Parsed results are cached per header combination. They identify no one: every user of that
browser sends the same headers. A header is cut before anything is parsed or kept: whoever sends it chooses its length.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from campaigns.acquisition.lookup import PACKAGES, network_of
from campaigns.acquisition.referrer import referrer_host
from campaigns.clicks.bots.apps import PACKAGE_MARK
from campaigns.clicks.capture.agent_cache import MAX_AGENT_BYTES, CachedAgent, UserAgentCache
from campaigns.clicks.capture.bounded_cache import BoundedCache
from campaigns.clicks.capture.visitor_facts import visitor_facts
from campaigns.clicks.row import encode_headers
from campaigns.clicks.types import RequestFlag
from campaigns.kit.text.languages import current_language

MAX_CACHED_BYTES = 32_000_000
# What is read of a header: the first language, and scheme and host of a referrer (an authority that is cut is longer
# than any host).
MAX_LANGUAGE_BYTES, MAX_REFERRER_BYTES, MAX_PURPOSE_BYTES = 16, 300, 100
# What Python needs for the facts of one combination beside the headers themselves.
_ENTRY_BYTES = 800

_Key = tuple[bytes, bytes, bytes, int]

_SECURE, _HEAD, _BURST = int(RequestFlag.SECURE), int(RequestFlag.HEAD), int(RequestFlag.BURST)
_PRESENT = (
    (b"accept", int(RequestFlag.ACCEPT)),
    (b"accept-language", int(RequestFlag.LANGUAGE)),
    (b"accept-encoding", int(RequestFlag.ENCODING)),
)
_FETCH_MODE, _SUBRESOURCE = int(RequestFlag.FETCH_MODE), int(RequestFlag.SUBRESOURCE)
# Sec-Fetch-Dest of a page inside another. A person can tap a link in there, and only then is Sec-Fetch-User sent.
_FRAMES = frozenset({b"iframe", b"frame", b"fencedframe"})
# What libraries of scripts send. Android's WebView sends the package of its app in the same header.
_BY_SCRIPT = b"xmlhttprequest"
_MARKS = {package.encode(): f"{PACKAGE_MARK}{package}".encode() for package in PACKAGES}
_PURPOSES = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
_PREFETCH = re.compile(rb"prefetch|prerender|preview", re.IGNORECASE)
# RFC 5646: a primary language subtag, at the beginning of the first range of Accept-Language (RFC 9110, 12.5.4).
_LANGUAGE = re.compile(r"\s*([a-zA-Z]{2,3})(?![a-zA-Z0-9])")


class HeaderFacts(Struct, frozen=True, gc=False):
    """What the headers of a tap tell.

    `encoded` are the columns that `row.encode_headers` makes of them, `encoded_in_burst` the same for a tap of a burst,
    `network` is the referrer's, and `visitor_facts` is what `visitors.visitor_of` needs of them. `expected` are the
    headers that this browser always sends here, `missing` those of them that did not come (RequestFlag bits).
    """

    agent: CachedAgent
    observed: int
    language: str | None
    referrer_host: str | None
    network: str | None
    encoded: bytes
    encoded_in_burst: bytes
    visitor_facts: int
    expected: int
    missing: int

    def encode(self, more_flags: int) -> bytes:
        """The columns of a tap with further flags."""
        return encode_headers(
            agent_id=self.agent.id,
            observed=self.observed | more_flags,
            language=self.language,
            referrer_host=self.referrer_host,
        )


class HeaderParser:
    """Parses headers for one server process; the oldest results are forgotten beyond `max_bytes`."""

    def __init__(self, max_bytes: int = MAX_CACHED_BYTES) -> None:
        self.agents = UserAgentCache(max_bytes)
        self._known = BoundedCache[_Key, HeaderFacts](max_bytes, _weight)

    @property
    def bytes_kept(self) -> int:
        """About how much memory the caches of headers take."""
        return self._known.bytes + self.agents.bytes_kept

    def parse(self, headers: Mapping[bytes, bytes], *, head: bool, secure: bool) -> HeaderFacts:
        """The facts of a request with these headers (lower-case names)."""
        agent = headers.get(b"user-agent", b"")[:MAX_AGENT_BYTES]
        package = headers.get(b"x-requested-with")
        if package is not None and (mark := _MARKS.get(package.lower())) is not None:
            agent = agent[: MAX_AGENT_BYTES - len(mark)] + mark
        languages = headers.get(b"accept-language", b"")[:MAX_LANGUAGE_BYTES]
        referrer = headers.get(b"referer", b"")[:MAX_REFERRER_BYTES]
        observed = _request_flags(headers, head=head, secure=secure)
        key = (agent, languages, referrer, observed)
        facts = self._known.get(key)
        if facts is None:
            facts = self._parse(*key)
            self._known.keep(key, facts)
        return facts

    def _parse(self, agent_header: bytes, languages: bytes, referrer: bytes, observed: int) -> HeaderFacts:
        agent, host, language = self.agents.get(agent_header), referrer_host(referrer), language_of(languages)

        expected = int(agent.verdict.expects)
        if not observed & _SECURE:
            expected &= ~_FETCH_MODE

        def encode(flags: int) -> bytes:
            return encode_headers(agent_id=agent.id, observed=flags, language=language, referrer_host=host)

        return HeaderFacts(
            agent=agent,
            observed=observed,
            language=language,
            referrer_host=host,
            network=network_of(host, ()),
            encoded=encode(observed),
            encoded_in_burst=encode(observed | _BURST),
            # Of the header itself: the agent's text can stand for many.
            visitor_facts=visitor_facts(agent_header.decode("utf-8", "replace"), agent.verdict, language),
            expected=expected,
            missing=expected & ~observed,
        )


def _weight(key: _Key, facts: HeaderFacts) -> int:
    return _ENTRY_BYTES + sum(map(len, key[:3])) + len(facts.encoded) + len(facts.encoded_in_burst)


def _request_flags(headers: Mapping[bytes, bytes], *, head: bool, secure: bool) -> int:
    # Plain numbers: flags of an enum cost more than all the rest of this.
    observed = _SECURE if secure else 0
    if head:
        observed |= _HEAD
    for name, bit in _PRESENT:
        if name in headers:
            observed |= bit
    mode, destination = headers.get(b"sec-fetch-mode"), headers.get(b"sec-fetch-dest")
    if mode:
        observed |= _FETCH_MODE
    # Nearly all taps are said to be navigations in these very words, so that the rest need not be looked at.
    if (mode != b"navigate" or destination != b"document") and _is_subresource(headers, mode, destination):
        observed |= _SUBRESOURCE
    for name in _PURPOSES:
        if name in headers and _PREFETCH.search(headers[name][:MAX_PURPOSE_BYTES]):
            observed |= int(RequestFlag.PREFETCH)
    return observed


def _is_subresource(headers: Mapping[bytes, bytes], mode: bytes | None, destination: bytes | None) -> bool:
    """Whether the browser says that it loads a part of a page (W3C Fetch Metadata); an empty header says nothing."""
    if mode and mode.lower() != b"navigate":
        return True
    if destination:
        if destination.lower() in _FRAMES:
            return headers.get(b"sec-fetch-user") != b"?1"
        return destination.lower() != b"document"
    return headers.get(b"x-requested-with", b"").lower() == _BY_SCRIPT


def language_of(header: bytes) -> str | None:
    """The language a browser prefers, as its current primary subtag such as `id`; None if it names none."""
    found = _LANGUAGE.match(header.decode("latin-1"))
    return current_language(found[1].lower()) if found else None
