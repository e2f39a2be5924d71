"""Bytes that no HTTP client sends: the server answers or rejects them, continues, and stores every redirected tap."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.processes.server.server import Server, free_port
from tests.properties import hostile
from tests.properties.bounds import bounded
from tests.properties.wire.wire import GOOD, HALF_A_BODY, TARGET, check_goes_on, with_header, with_target


@pytest.fixture(scope="module")
def demo(data: Path) -> Iterator[Server]:
    server = Server(data, free_port(), ("--demo",)).start()
    yield server
    server.stop()


CASES: dict[str, tuple[list[bytes], list[int]]] = {
    "pipelined": ([GOOD] * 5, [302] * 5),
    "garbage in a pipeline": ([GOOD, GOOD, b"\0garbage\r\n\r\n", GOOD], [302, 302, 400]),
    "half a request in a pipeline": ([GOOD, GOOD[:-2], GOOD], [302, 400]),
    "NUL": ([with_header(b"User-Agent: a\0b")], [400]),
    "bare CR": ([with_header(b"User-Agent: a\rb")], [400]),
    "folded": ([with_header(b"User-Agent: a\r\n b")], [400]),
    "no UTF-8": ([with_header(b"User-Agent: \xff\xed\xa0\x80\t\\.")], [302]),
    "8 KB": ([with_header(b"User-Agent: " + b"x" * 8192)], [302]),
    "70 KB": ([with_header(b"User-Agent: " + b"\xff" * 70_000)], [302]),
    "1 MB": ([with_header(b"User-Agent: " + b"x" * 1_000_000)], [431]),
    "500 headers": ([with_header(b"\r\n".join([b"X: y"] * 500))], [431]),
    "target of no UTF-8": ([with_target(b"/\xff\xfe")], [400]),
    "query in UTF-8": ([with_target(TARGET + b"?\xc3\xa9=\xf0\x9f\x98\x80")], [302]),
    "20,000 parameters": ([with_target(TARGET + b"?%00=%ed%a0%80&" + b"a&" * 20_000)], [302]),
    "longer target": ([with_target(TARGET + b"?" + b"a" * 70_000)], [414]),
    "NUL in the path": ([with_target(TARGET + b"%00")], [302]),
    "absolute target": ([with_target(b"http://evil.example" + TARGET)], [302]),
    "asterisk": ([with_target(b"*")], [404]),
    "TLS": ([b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\r\n\r\n"], [400]),
}


@pytest.mark.parametrize("name", CASES)
def test_each_is_refused_or_answered(demo: Server, name: str) -> None:
    requests, statuses = CASES[name]
    assert check_goes_on(demo, *requests) == statuses


@pytest.mark.parametrize("sent", [GOOD * 50, GOOD[:9], GOOD[:-1], HALF_A_BODY], ids=["taps", "line", "head", "body"])
def test_clients_that_disconnect_at_once_do_not_affect_others(demo: Server, sent: bytes) -> None:
    for _ in range(10):
        with socket.create_connection(("127.0.0.1", demo.port), timeout=5) as connection:
            connection.sendall(sent)
    assert check_goes_on(demo, GOOD) == [302]


header_lines = st.builds(
    lambda name, value: b"%s: %s" % (name, value),
    st.sampled_from([b"User-Agent", b"Referer", b"Accept-Language", b"X-Forwarded-For", b"Purpose", b"Cookie"]),
    hostile.values,
)


@given(lines=st.lists(header_lines, min_size=1, max_size=4), query=hostile.queries)
@example([b"User-Agent: \xed\xa0\x80\\."], b"")
@bounded(28)
def test_a_tap_in_the_midst_of_others_is_refused_or_stored(demo: Server, lines: list[bytes], query: bytes) -> None:
    target = b"%s?%s" % (TARGET, query)
    statuses = check_goes_on(
        demo, GOOD, b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n" % (target, b"\r\n".join(lines)), GOOD
    )
    assert statuses[0] == 302
    assert set(statuses) <= {200, 302, 400, 404, 414, 431}
