"""What a starting server reports of itself, and what a server that takes no connections answers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from campaigns.kit.embedded.readiness import refusal, state

LINES = ["4711", "/data", "1795000000", "5432", "/tmp", "*", "12345 1", "ready   "]


@pytest.mark.parametrize(
    ("lines", "pid", "reported"),
    [
        (LINES, 4711, "ready"),
        ([*LINES[:7], "starting"], 4711, "starting"),
        ([*LINES, "further"], 4711, "ready"),
        (LINES[:7], 4711, ""),  # it has not written its state yet
        (LINES[:1], 4711, ""),
        (LINES, 471, ""),  # another server's, from before
        ([], 4711, ""),
    ],
)
def test_the_state_is_read_from_the_pid_file(tmp_path: Path, lines: list[str], pid: int, reported: str) -> None:
    (tmp_path / "postmaster.pid").write_text("".join(f"{line}\n" for line in lines))
    assert state(tmp_path, pid) == reported


def test_without_a_pid_file_nothing_is_reported(tmp_path: Path) -> None:
    assert state(tmp_path, 4711) == ""


@contextmanager
def refusing(text: str) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers each connection with this error; its address, and what it was asked for."""
    asked = list[bytes]()
    fields = b"SFATAL\0C53300\0M" + text.encode() + b"\0\0"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                asked.append(connection.recv(4096))
                connection.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        yield f"host=127.0.0.1 port={port} user=jaring dbname=jaring sslmode=disable gssencmode=disable", asked
        thread.join()


@pytest.mark.parametrize(
    "text",
    [
        "sorry, too many clients already",
        "remaining connection slots are reserved for roles with the SUPERUSER attribute",
    ],
)
def test_a_server_without_a_free_connection_is_ready(text: str) -> None:
    with refusing(text) as (conninfo, asked):
        assert refusal(conninfo) == ""
    # Its own database may not be there yet.
    assert b"\0database\0postgres\0" in asked[0]


def test_what_else_a_server_refuses_for_is_told() -> None:
    with refusing("the database system is starting up") as (conninfo, _):
        assert "the database system is starting up" in refusal(conninfo)


def test_no_server_is_told() -> None:
    assert "refused" in refusal("host=127.0.0.1 port=1 user=jaring")
