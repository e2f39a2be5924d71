"""What a tap's headers tell, as columns: agent, observed facts, language, referrer and the network it speaks of.

On the redirect's hot path. Headers repeat, so what was made of a combination of them is kept; nothing here is about a
person that the same browser elsewhere would not send as well.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from campaigns.acquisition.lookup import network_of
from campaigns.acquisition.referrer import referrer_host
from campaigns.clicks.capture.agent_cache import CachedAgent, UserAgentCache
from campaigns.clicks.types import RequestFlag

MAX_CACHED_HEADERS = 50_000
NULL = rb"\N"

_SECURE, _HEAD, _BURST = int(RequestFlag.SECURE), int(RequestFlag.HEAD), int(RequestFlag.BURST)
_PRESENT = (
    (b"accept", int(RequestFlag.ACCEPT)),
    (b"accept-language", int(RequestFlag.LANGUAGE)),
    (b"accept-encoding", int(RequestFlag.ENCODING)),
    (b"sec-fetch-mode", int(RequestFlag.FETCH_MODE)),
)
_PURPOSES = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")
_PREFETCH = re.compile(rb"prefetch|prerender|preview", re.IGNORECASE)
# RFC 5646: a primary language subtag, at the beginning of the first range of Accept-Language (RFC 9110, 12.5.4).
_LANGUAGE = re.compile(r"\s*([a-zA-Z]{2,3})(?![a-zA-Z0-9])")
_ESCAPED = {ord("\\"): r"\\", ord("\t"): r"\t", ord("\n"): r"\n", ord("\r"): r"\r"}


class HeaderFacts(Struct, frozen=True, gc=False):
    """What the headers of a tap tell.

    `columns` is agent_id, observed, language and referrer_host as COPY text with a tab behind each (`burst_columns` the
    same for a tap of a burst), `network` the column after them for a tap without a click id in its query.
    """

    agent: CachedAgent
    observed: RequestFlag
    language: str | None
    referrer: str | None
    columns: bytes
    burst_columns: bytes
    network: bytes


class HeaderParser:
    """Reads headers for one server process; the oldest notes are forgotten beyond `most`."""

    def __init__(self, most: int = MAX_CACHED_HEADERS) -> None:
        self.agents = UserAgentCache(most)
        self._known: dict[tuple[bytes, bytes, bytes, int], HeaderFacts] = {}
        self._most = most

    def read(self, headers: Mapping[bytes, bytes], *, head: bool, secure: bool) -> HeaderFacts:
        """The note of a request with these headers (lower-case names)."""
        agent = headers.get(b"user-agent", b"")
        languages = headers.get(b"accept-language", b"")
        referrer = headers.get(b"referer", b"")
        observed = _request_flags(headers, head=head, secure=secure)
        key = (agent, languages, referrer, observed)
        note = self._known.get(key)
        if note is None:
            note = self._made(*key)
            while len(self._known) >= self._most:
                del self._known[next(iter(self._known))]
            self._known[key] = note
        return note

    def _made(self, agent: bytes, languages: bytes, referrer: bytes, observed: int) -> HeaderFacts:
        seen, host, language = self.agents.recognise(agent), referrer_host(referrer), language_of(languages)
        return HeaderFacts(
            agent=seen,
            observed=RequestFlag(observed),
            language=language,
            referrer=host,
            columns=_columns(seen, observed, language, host),
            burst_columns=_columns(seen, observed | _BURST, language, host),
            network=copy_text(network_of(host, ())),
        )


def _columns(seen: CachedAgent, observed: int, language: str | None, host: str | None) -> bytes:
    return b"%d\t%d\t%s\t%s\t" % (seen.id, observed, copy_text(language), copy_text(host))


def _request_flags(headers: Mapping[bytes, bytes], *, head: bool, secure: bool) -> int:
    # Plain numbers: flags of an enum cost more than all the rest of this.
    observed = _SECURE if secure else 0
    if head:
        observed |= _HEAD
    for name, bit in _PRESENT:
        if name in headers:
            observed |= bit
    for name in _PURPOSES:
        if name in headers and _PREFETCH.search(headers[name]):
            observed |= int(RequestFlag.PREFETCH)
    return observed


def language_of(header: bytes) -> str | None:
    """The language a browser prefers, as a primary subtag such as `id`; None if it names none."""
    found = _LANGUAGE.match(header.decode("latin-1"))
    return found[1].lower() if found else None


def copy_text(value: str | None) -> bytes:
    """A value as it stands in a line of COPY text."""
    return NULL if value is None else value.translate(_ESCAPED).encode("utf-8", "replace")
