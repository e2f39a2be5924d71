"""Fixtures of destination checks: servers, a checker, and a record of all connections."""

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from campaigns.links.destination_checks.follow import open_transport
from tests.destination_checks.checker import Checker
from tests.destination_checks.sites import DEAD, INSIDE, OUTSIDE, Site, serving

_watched: list[tuple[Any, ...]] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is not None and event == "socket.connect" and isinstance(arguments[1], tuple):
        _watched.append(arguments[1])


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def connected() -> Iterator[list[tuple[Any, ...]]]:
    """The addresses of all connections to IP addresses that the test makes; fails if one is internal."""
    global _watched
    connected: list[tuple[Any, ...]] = []
    _watched = connected
    yield connected
    _watched = None
    assert {address[0] for address in connected} <= {OUTSIDE, DEAD}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with serving(OUTSIDE) as site:
        yield site


@pytest.fixture
async def inside() -> AsyncIterator[Site]:
    """An internal server, which no check may reach."""
    async with serving(INSIDE) as inside:
        yield inside
        assert inside.connections == 0


@pytest.fixture(scope="session")
async def transport() -> AsyncIterator[httpx.AsyncBaseTransport]:
    async with open_transport() as transport:
        yield transport


@pytest.fixture
def check(transport: httpx.AsyncBaseTransport, site: Site, inside: Site) -> Checker:
    return Checker(transport, frozenset({80, 443, site.port, inside.port}))
