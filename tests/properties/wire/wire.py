"""Sends bytes to the real server over a socket, and checks its database for the redirected taps."""

import contextlib
import re
import socket
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg

from api.cli.demo.data import LINKS
from campaigns.clicks.tokens import read_click
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.attach import running_url
from campaigns.kit.encryption.master_key import load_keys
from tests.processes.server.server import Server
from tests.properties.hostile import PHONE

SECONDS = 5
TARGET = f"/{LINKS[0][0]}".encode()
GOOD = b"GET %s HTTP/1.1\r\nHost: x\r\nUser-Agent: %s\r\n\r\n" % (TARGET, PHONE)
HALF_A_BODY = b"POST /v1/links HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{"
_HEAD = re.compile(rb"^HTTP/1\.[01] (\d{3}) [^\r]*\r\n((?:[!-~]+: [ -~]*\r\n)*)\r\n", re.MULTILINE)
_LOCATION = re.compile(rb"^location: ([!-~]+)\r$", re.MULTILINE)


def with_header(line: bytes) -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (TARGET, line)


def with_target(target: bytes) -> bytes:
    return b"GET %s HTTP/1.1\r\nHost: x\r\n\r\n" % target


def exchange(server: Server, *requests: bytes) -> list[tuple[int, str | None]]:
    """What is answered to requests sent in one go, until the server hangs up: statuses, with where redirects lead."""
    received = bytearray()
    heads: list[tuple[bytes, bytes]] = []
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as connection:
        with contextlib.suppress(ConnectionError):  # it may refuse by closing while more is on its way
            connection.sendall(b"".join(requests))
        with contextlib.suppress(ConnectionError, TimeoutError):
            while len(heads) < len(requests) and (part := connection.recv(65536)):
                received += part
                heads = _HEAD.findall(received)
    assert received.count(b"HTTP/1.") == len(heads)
    located = [_LOCATION.search(head) for _, head in heads]
    return [(int(status), found and found[1].decode()) for (status, _), found in zip(heads, located, strict=True)]


def check_goes_on(server: Server, *requests: bytes) -> list[int]:
    """Send the requests, then a tap like any other; every tap sent on is stored. Returns the statuses of the first."""
    answers = exchange(server, *requests)
    assert all(status < 500 for status, _ in answers)
    after = exchange(server, GOOD)
    assert [status for status, _ in after] == [302]
    _check_stored(server, [location for _, location in [*answers, *after] if location is not None])
    return [status for status, _ in answers]


def _check_stored(server: Server, locations: list[str]) -> None:
    """Fail unless the tap behind each of the redirects is in the table, and no tap was given up."""
    _settle(server)
    key = load_keys(None, server.data).click_token
    clicks = [read_click(key, parse_qs(urlsplit(location).query)["cid"][-1]) for location in locations]
    wanted = {click.click_id for click in clicks if click is not None}
    assert len(wanted) == len(locations)
    url = running_url(server.data / "postgres")
    assert url is not None
    with psycopg.connect(psycopg_conninfo(url)) as connection:
        rows = connection.execute("SELECT id FROM clicks WHERE id = ANY(%s)", [list(wanted)]).fetchall()
    assert {row[0] for row in rows} == wanted


def _settle(server: Server) -> None:
    """Wait until everything is in PostgreSQL."""
    while (ready := httpx.get(f"{server.url}/readyz", verify=False).json())["taps_waiting"] or ready["taps_journalled"]:
        time.sleep(0.02)
    assert ready["taps_lost"] == 0
