"""Notices that a proxy takes headers off requests, which a browser always sends.

Otherwise every person with such a browser would be taken for a robot (`implausible`). Judged by the last addresses and
not by taps, one voice each, so that a single robot cannot excuse itself.
"""

from collections import OrderedDict
from collections.abc import Sequence

import psycopg
import structlog

from campaigns.clicks.types import RequestFlag

# The last addresses that are looked at, and how many of them must have been expected to send a header before it is
# judged. It is taken off if more than half lack it. Who has robots at so many addresses gains nothing by that, since
# they could as well send it.
ADDRESSES = 200
MIN_ADDRESSES = 50
# Judged after so many new or changed addresses: it costs ten microseconds, and a tap five.
JUDGED_EVERY = 50

# What the flags are called by operators.
NAMES = {
    RequestFlag.ACCEPT: "accept",
    RequestFlag.LANGUAGE: "accept-language",
    RequestFlag.ENCODING: "accept-encoding",
    RequestFlag.FETCH_MODE: "sec-fetch-mode",
}
# What an address said is one number, which is quicker than two: the bits of the headers expected of it, shifted by so
# many, and those of the missing ones.
_EXPECTED = 16

log = structlog.get_logger("jaring.capture")


class HeaderWatch:
    """Notes, for one server process, which expected headers each of the last addresses sent last time."""

    __slots__ = ("_addresses", "_changes", "_seen", "stripped")

    def __init__(self) -> None:
        self._seen = OrderedDict[int, int]()  # the address, and what it said
        self._addresses: dict[int, int] = {}  # what was said, and by how many
        self._changes = 0
        # RequestFlag bits of the headers that are taken off now.
        self.stripped = 0

    @property
    def stripped_names(self) -> Sequence[str]:
        """The names of the headers that a proxy takes off, for operators."""
        return header_names(self.stripped)

    def note(self, network: int, expected: int, missing: int) -> None:
        """A tap of the address `network` lacks the headers `missing` of those `expected` (RequestFlag bits)."""
        said = expected << _EXPECTED | missing
        seen, addresses = self._seen, self._addresses
        before = seen.get(network)
        if before == said:
            return
        if before is None and len(seen) >= ADDRESSES:
            before = seen.popitem(last=False)[1]
        if before is not None:
            addresses[before] -= 1
        seen[network] = said
        addresses[said] = addresses.get(said, 0) + 1
        self._changes += 1
        if not self._changes % JUDGED_EVERY:
            self._judge()

    def _judge(self) -> None:
        stripped = 0
        for bit in map(int, NAMES):
            expected = sum(number for said, number in self._addresses.items() if said >> _EXPECTED & bit)
            missing = sum(number for said, number in self._addresses.items() if said & bit)
            if expected >= MIN_ADDRESSES and 2 * missing > expected:
                stripped |= bit
        if stripped != self.stripped:
            self.stripped = stripped
            log.warning("headers_stripped", headers=self.stripped_names)


def recently_stripped(connection: psycopg.Connection) -> tuple[int, Sequence[str]]:
    """How many taps of the last hour lacked headers that a proxy took off, and those that none of them had."""
    ((taps, observed),) = connection.execute(
        "SELECT count(*), coalesce(bit_or(observed), 0) FROM clicks"
        " WHERE clicked_at > now() - interval '1 hour' AND observed & %s <> 0",
        (RequestFlag.STRIPPED.value,),
    ).fetchall()
    return taps, header_names(~observed) if taps else ()


def header_names(bits: int) -> Sequence[str]:
    """The names of the headers whose RequestFlag bits are set."""
    return [name for flag, name in NAMES.items() if bits & flag]
