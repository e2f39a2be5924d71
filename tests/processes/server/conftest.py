"""A running server for the tests of a file, and a client of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.processes.server.server import Server, data_folder, free_port


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def server(data: Path) -> Iterator[Server]:
    server = Server(data, free_port()).start()
    yield server
    server.stop()


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, timeout=20) as client:
        yield client
