"""Who gets a connection when all places of a server are taken; a server and its clients on real sockets."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from ipaddress import ip_network

import pytest
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from api.gateway import sockets
from api.gateway.connections import BUSY, ClientConnections
from campaigns.kit.client_address import TrustedProxies
from tests.gateway.exchange import answering, until

PLACES = 32
SHARE = PLACES // 16
NOBODY = TrustedProxies([])
REQUEST = b"GET / HTTP/1.1\r\nHost: jaring.example\r\n\r\n"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def serving(port: int) -> AsyncIterator[None]:
    """A server with a limit that would leave newcomers waiting for longer than any test."""
    server = Server(
        answering(b"ok"),
        address="127.0.0.1",
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=600_000),
        websockets=False,
        log_enabled=False,
        backlog=128,
        backpressure=PLACES,
    )
    task = asyncio.create_task(server.serve())
    await until(lambda: _listens(port))
    yield
    asyncio.get_running_loop().call_soon(server.stop)
    await task


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Crowd:
    """Clients of a port, from addresses of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.all: list[socket.socket] = []

    def connect(self, number: int, address: str = "127.0.0.1") -> list[socket.socket]:
        made = []
        for _ in range(number):
            client = socket.socket()
            client.bind((address, 0))
            client.connect(("127.0.0.1", self.port))
            client.setblocking(False)
            made.append(client)
        self.all += made
        return made

    async def accepted(self, number: int) -> None:
        """Wait until the server has so many connections."""
        await until(lambda: len(list(sockets.inbound(self.port))) == number)

    def closed(self) -> list[socket.socket]:
        """Those that were closed without an answer."""
        return [client for client in self.all if _ended(client)]


def _ended(client: socket.socket) -> bool:
    try:
        return client.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


async def _answer(client: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    received, loop = b"", asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):
        while part := await loop.sock_recv(client, 1000):
            received += part
    return received


@pytest.fixture
async def crowd(serving: None, port: int) -> AsyncIterator[Crowd]:
    crowd = Crowd(port)
    # The one that asked whether the server listens.
    await crowd.accepted(0)
    yield crowd
    for client in crowd.all:
        client.close()


async def test_while_there_are_places_an_address_may_have_them_all(crowd: Crowd) -> None:
    crowd.connect(PLACES)
    await crowd.accepted(PLACES)
    connections = ClientConnections(crowd.port, places=PLACES, silence_seconds=10, proxies=NOBODY)
    for _ in range(3):
        await connections.look()
    assert crowd.closed() == []


async def test_a_server_that_is_only_slow_to_accept_closes_nobody(crowd: Crowd) -> None:
    held = crowd.connect(PLACES)
    await crowd.accepted(PLACES)
    crowd.connect(1)
    connections = ClientConnections(crowd.port, places=PLACES + 1, silence_seconds=10, proxies=NOBODY)
    await until(lambda: sockets.ListeningSocket(crowd.port).queued() == 1)
    for _ in range(3):
        await connections.look()
    assert crowd.closed() == []
    assert len(held) == PLACES


async def test_the_address_with_most_makes_room_for_others(crowd: Crowd) -> None:
    few = crowd.connect(SHARE, "127.0.0.2")
    held = crowd.connect(PLACES - SHARE)
    await crowd.accepted(PLACES)
    # The kernel counts silence in milliseconds.
    await until(lambda: all(sockets.silence_of(connection) > 20 for connection in sockets.inbound(crowd.port)))
    loop = asyncio.get_running_loop()
    for client in held[:SHARE]:
        await loop.sock_sendall(client, REQUEST)
        await loop.sock_recv(client, 1000)
    (newcomer,) = crowd.connect(1, "127.0.0.3")
    await loop.sock_sendall(newcomer, REQUEST)
    connections = ClientConnections(crowd.port, places=PLACES, silence_seconds=10, proxies=NOBODY)
    await until(lambda: sockets.ListeningSocket(crowd.port).queued() == 1)
    await connections.look()
    assert crowd.closed() == []
    await connections.look()
    assert (await loop.sock_recv(newcomer, 1000)).startswith(b"HTTP/1.1 200 ")
    await until(lambda: len(crowd.closed()) == len(held) - SHARE)
    assert not set(crowd.closed()) & {*few, *held[:SHARE], newcomer}


@pytest.mark.parametrize("proxied", [False, True])
async def test_where_nobody_has_too_many_the_next_is_refused(crowd: Crowd, proxied: bool) -> None:
    if proxied:
        crowd.connect(PLACES)
    else:
        for number in range(PLACES // SHARE):
            crowd.connect(SHARE, f"127.0.1.{number + 1}")
    await crowd.accepted(PLACES)
    proxies = TrustedProxies([ip_network("127.0.0.1")] if proxied else [])
    connections = ClientConnections(crowd.port, places=PLACES, silence_seconds=10, proxies=proxies)
    refused = crowd.connect(3, "127.0.0.3")
    await until(lambda: sockets.ListeningSocket(crowd.port).queued() == len(refused))
    for _ in range(3):
        await connections.look()
    assert [await _answer(client) for client in refused] == [BUSY] * 3
    assert crowd.closed() == refused
    crowd.all[0].close()
    (next_one,) = crowd.connect(1, "127.0.0.3")
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(next_one, REQUEST)
    assert (await loop.sock_recv(next_one, 1000)).startswith(b"HTTP/1.1 200 ")
    await connections.look()
    await connections.end()


async def test_one_connection_can_be_ended_by_its_far_end(crowd: Crowd) -> None:
    one, other = crowd.connect(2)
    await crowd.accepted(2)
    connections = ClientConnections(crowd.port, places=PLACES, silence_seconds=10, proxies=NOBODY)
    await connections.close("::ffff:127.0.0.1", one.getsockname()[1])
    await until(lambda: crowd.closed() == [one])
    assert not _ended(other)


async def test_accepted_connections_end_when_nobody_reads(crowd: Crowd) -> None:
    """The kernel's own clock ends them, so only the limit is looked at."""
    await ClientConnections(crowd.port, places=PLACES, silence_seconds=10, proxies=NOBODY).look()
    (client,) = crowd.connect(1)
    await crowd.accepted(1)
    (inbound,) = sockets.inbound(crowd.port)
    with socket.fromfd(inbound.descriptor, socket.AF_INET, socket.SOCK_STREAM) as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
    assert sockets.shut(inbound)
    await until(lambda: _ended(client))
    await until(lambda: not sockets.shut(inbound))


async def test_nothing_is_done_where_no_server_listens(port: int) -> None:
    connections = ClientConnections(port, places=PLACES, silence_seconds=10, proxies=NOBODY)
    await connections.look()
    await connections.close("127.0.0.1", 1)
    assert list(sockets.inbound(port)) == []
