"""A running server for the tests of a file, and a client of it."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes.server.server import Server, free_port


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    # A short path: sockets below it have a limit of about 100 bytes.
    with tempfile.TemporaryDirectory(prefix="jaring-e2e-") as folder:
        yield Path(folder) / "var"


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    server = Server(data, free_port()).start()
    yield server
    server.stop()


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client
