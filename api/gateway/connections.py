"""Who loses a connection when a gateway has no place left for another.

The server accepts `JARING_CONNECTIONS` of them and leaves newcomers in the kernel's queue then, without a word. So the
gateway looks at that queue some times a second. If somebody waits at two looks in a row, addresses with more than their
share of all places lose the connections that were silent longest, and who still waits is told so with 503. While there
are places no address has a limit, since carriers put thousands of phones behind one.
"""

import asyncio
import socket
from collections import defaultdict
from collections.abc import Iterable, Iterator

import structlog
from prometheus_client import Counter

from api.gateway import sockets
from api.gateway.sockets import Inbound, ListeningSocket
from campaigns.kit.client_address import TrustedProxies, network_of, plain_address
from campaigns.kit.files.open_files import allow_open_files
from campaigns.kit.settings import Settings

LOOK_SECONDS = 0.25
# So many times the silence that is allowed, a client may acknowledge nothing of what it was sent: half a minute with
# 10 s. Who is gone or reads nothing acknowledges nothing; a phone in a tunnel is back sooner or asks again.
UNREAD = 3
# When all places are taken, one address keeps a sixteenth of them.
SHARES = 16
# What a gateway has open beside its clients: connections with PostgreSQL and the API, journals, metrics.
OTHER_FILES = 1024
_SORRY = b"Terlalu banyak pengunjung. Coba lagi sebentar.\nToo many visitors. Try again in a moment.\n"
# Nothing of the request is known, so this is for people. It fits into any socket's buffer.
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"
    b"Retry-After: 2\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%b" % (len(_SORRY), _SORRY)
)

CLOSED = Counter("jaring_connections_closed_total", "Connections that the gateway closed, by the reason.", ["reason"])
REFUSED = Counter("jaring_connections_refused_total", "Connections refused with 503, since all places were taken.")

log = structlog.get_logger("jaring.connections")


def places_of(settings: Settings) -> int:
    """How many connections a gateway has: those of the settings, or fewer where fewer files may be open."""
    allowed = allow_open_files(settings.connections + OTHER_FILES)
    return max(1, min(settings.connections, allowed - OTHER_FILES))


class ClientConnections:
    """The connections on `port`. Those of trusted proxies are many people's and have no share."""

    def __init__(self, port: int, *, places: int, silence_seconds: float, proxies: TrustedProxies) -> None:
        self._port = port
        self._places = places
        self._share = max(1, places // SHARES)
        self._proxies = proxies
        self._unread_seconds = silence_seconds * UNREAD
        self._listening = ListeningSocket(port)
        self._waited = 0
        self._full = False
        self._leaving: list[socket.socket] = []

    async def look(self) -> None:
        """Make room if somebody waits now and did at the last look."""
        self._listening.wait_for_readers(self._unread_seconds)
        self._let_go()
        waiting = self._listening.queued()
        if waiting and self._waited:
            # In a thread: it takes some microseconds for each connection.
            await asyncio.to_thread(self._make_room, waiting)
        elif self._full and not waiting:
            self._full = False
            log.info("connections_free")
        self._waited = waiting

    async def close(self, host: str, port: int) -> None:
        """End the connection of a client that does not read its answer."""
        ended = await asyncio.to_thread(self._shut_those_of, host, port)
        CLOSED.labels("unread").inc(ended)

    async def end(self) -> None:
        """Let go of refused connections; call it after the last look."""
        self._let_go()

    def _make_room(self, waiting: int) -> None:
        held = list(sockets.inbound(self._port))
        if len(held) < self._places:
            return  # the server is only slow to accept them
        beyond_share = list(self._beyond_share(held))
        # Before there are places: the server too takes from the head of the queue then, and whoever came last, who has
        # been silent for the shortest time, would be refused.
        refused = self._refuse(waiting - len(beyond_share))
        closed = sum(sockets.shut(connection) for connection in beyond_share)
        CLOSED.labels("share").inc(closed)
        REFUSED.inc(refused)
        if not self._full:
            self._full = True
            log.warning("connections_full", waiting=waiting, closed=closed, refused=refused)

    def _beyond_share(self, held: Iterable[Inbound]) -> Iterator[Inbound]:
        """What addresses have beyond their share, of each the connections that were silent longest."""
        networks = defaultdict[str, list[Inbound]](list)
        for connection in held:
            if not self._proxies.trusts(connection.host):
                networks[network_of(plain_address(connection.host))].append(connection)
        for own in networks.values():
            if len(own) > self._share:
                silent_first = sorted(own, key=sockets.silence_of, reverse=True)
                yield from silent_first[: len(own) - self._share]

    def _refuse(self, number: int) -> int:
        """Tell so many that wait, those that came first; returns how many there were."""
        refused = 0
        for accepted in self._listening.accept(number):
            refused += 1
            try:
                accepted.send(BUSY)
                accepted.shutdown(socket.SHUT_WR)
            except OSError:  # it has left
                accepted.close()
            else:
                # Closed at the next look: before its request has come, that would take the answer away from it again.
                self._leaving.append(accepted)
        return refused

    def _let_go(self) -> None:
        for refused in self._leaving:
            refused.close()
        self._leaving.clear()

    def _shut_those_of(self, host: str, port: int) -> int:
        address = plain_address(host)
        return sum(
            sockets.shut(connection)
            for connection in sockets.inbound(self._port)
            if connection.port == port and plain_address(connection.host) == address
        )
