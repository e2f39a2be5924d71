"""Clients that are silent, on real sockets: what they hold is taken from them, and others are served meanwhile."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.processes.server.server import Server, free_port

PLACES = 64
FORM = "/v1/public/campaigns/none/applications"


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    settings = {"JARING_CLIENT_SILENCE_SECONDS": "1", "JARING_CONNECTIONS": str(PLACES)}
    server = Server(data, free_port(), variables=settings).start()
    yield server
    server.stop()


def connected(server: Server, sent: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", server.port), timeout=60)
    client.sendall(sent)
    return client


def received(client: socket.socket) -> bytes:
    """All that comes until the server closes the connection."""
    with client:
        parts = list(iter(lambda: client.recv(65_536), b""))
    return b"".join(parts)


@pytest.mark.parametrize("sent", [b"", b"GET /livez HTTP/1.1\r\nHost: jaring.example\r\nX-Half: "])
def test_who_sends_no_whole_request_is_cut_off(server: Server, sent: bytes) -> None:
    assert received(connected(server, sent)) == b""


def test_who_asks_for_nothing_more_is_cut_off(server: Server) -> None:
    answer = received(connected(server, b"GET /livez HTTP/1.1\r\nHost: jaring.example\r\n\r\n"))
    assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", [FORM, "/v1/links/import", "/nowhere/at/all"])
def test_who_stops_within_a_body_is_told_and_cut_off(server: Server, path: str) -> None:
    request = f"POST {path} HTTP/1.1\r\nHost: jaring.example\r\nContent-Length: 1000\r\n\r\n{{"
    head, _, body = received(connected(server, request.encode())).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["type"] == "urn:jaring:problem:body-too-slow"


@pytest.mark.parametrize("path", ["/some-slug", "/livez"])
def test_a_body_that_nobody_reads_delays_nothing(server: Server, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: jaring.example\r\nContent-Length: 1000\r\n\r\nx"
    assert received(connected(server, request.encode())).startswith(b"HTTP/1.1 ")


def test_headers_without_end_are_refused(server: Server) -> None:
    client = connected(server)
    try:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: jaring.example\r\nX-Long: " + b"x" * 300_000)
        answer = received(client)
    except ConnectionError:  # closed while it was sent
        return
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_three_times_as_many_silent_connections_as_places_keep_nobody_out(server: Server) -> None:
    form = f"POST {FORM} HTTP/1.1\r\nHost: jaring.example\r\nContent-Length: 1000\r\n\r\n{{".encode()
    with ExitStack() as crowd:
        for number in range(3 * PLACES):
            crowd.enter_context(connected(server, form if number % 2 else b""))
        for path in ("/livez", "/some-slug", FORM.removesuffix("/applications")):
            assert httpx.get(f"{server.url}{path}", timeout=60).status_code in {200, 404}
