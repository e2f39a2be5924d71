"""Reads a tap from its request: everything that is known before it is decided where the tap leads."""

from collections.abc import Sequence

from iptocc import country_code

from campaigns.acquisition.lookup import network_of
from campaigns.clicks.capture.burst_counter import BurstCounter
from campaigns.clicks.capture.query_string import EMPTY_QUERY, TapQuery, read_query
from campaigns.clicks.capture.request_headers import HeaderFacts, HeaderParser
from campaigns.clicks.capture.salts import SaltKeeper
from campaigns.clicks.header_watch import HeaderWatch
from campaigns.clicks.row import TapRow
from campaigns.clicks.types import RequestFlag
from campaigns.clicks.visitors import NETWORK_SHIFT, visitor_of
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.ids import uuid7_bytes

_BURST, _STRIPPED = int(RequestFlag.BURST), int(RequestFlag.STRIPPED)


class Tap(TapRow, frozen=True, gc=False):
    """One tap: its row, and the facts that decide where it leads."""

    facts: HeaderFacts
    query: TapQuery


class TapReader:
    """Reads taps for one server process."""

    def __init__(
        self, *, salts: SaltKeeper, headers: HeaderParser, watch: HeaderWatch, proxies: TrustedProxies
    ) -> None:
        self._salts = salts
        self._headers = headers
        self._watch = watch
        self._proxies = proxies
        self._bursts = BurstCounter()

    def read(
        self,
        *,
        headers: Sequence[tuple[bytes, bytes]],
        query: bytes,
        peer: str,
        scheme: str,
        is_head: bool,
        link: bytes,
        now_ms: int,
        path_flags: int = 0,
    ) -> Tap:
        """The tap of a request that arrived now (Unix milliseconds).

        `headers` have lower-case names, `peer` is the address of the connection's other end, and `link` tells links
        apart for the detection of bursts; all taps on unknown links have the same one. `path_flags` are the flags that
        the path adds to those of the headers. Never raises, whatever was sent.
        """
        by_name = dict(headers)
        address, secure = self._proxies.client(peer, scheme, headers)
        facts = self._headers.parse(by_name, head=is_head, secure=secure)
        parsed = read_query(query) if query else EMPTY_QUERY
        visitor = visitor_of(
            self._salts.current(now_ms),
            address,
            facts.visitor_facts,
        )
        flags = path_flags
        if facts.expected:
            self._watch.note(visitor >> NETWORK_SHIFT, facts.expected, facts.missing)
            if facts.missing and not facts.missing & ~self._watch.stripped:
                flags |= _STRIPPED
        is_burst = self._bursts.is_burst(visitor, link, now_ms)
        click_ids = parsed.click_ids
        encoded = facts.encoded_in_burst if is_burst else facts.encoded
        if flags:
            encoded = facts.encode(flags | _BURST if is_burst else flags)
        return Tap(
            uuid7_bytes(now_ms),
            now_ms,
            visitor,
            country_code(address) or None,
            encoded,
            network_of(facts.referrer_host, click_ids) if click_ids else facts.network,
            parsed.via,
            parsed.extras,
            facts,
            parsed,
        )
