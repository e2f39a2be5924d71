"""What tests of checks have in common: servers, a check by short names, and a watch over every connection made."""

import re
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest

from campaigns.links.destination_checks.address_policy import read_networks
from campaigns.links.destination_checks.follow import follow, open_transport
from campaigns.links.destination_checks.types import DueCheck, Finding, Policy
from campaigns.links.types import CheckVerdict, Utm
from tests.checking.sites import DEAD, INSIDE, OUTSIDE, Names, Site, serving

UTM = Utm("instagram", "social", "bintara", None, "story-1")
_watched: list[tuple[Any, ...]] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched is not None and event == "socket.connect" and isinstance(arguments[1], tuple):
        _watched.append(arguments[1])


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def connected() -> Iterator[list[tuple[Any, ...]]]:
    """The address of every connection the test makes to an IP address; none may go anywhere but out."""
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
    """A server inside the network, which no check may reach."""
    async with serving(INSIDE) as inside:
        yield inside
        assert inside.connections == 0


@dataclass
class Checker:
    """Follows destinations of a link whose unit allows daftar.example."""

    transport: httpx.AsyncBaseTransport
    ports: frozenset[int]
    allowed: tuple[str, ...] = ("daftar.example",)
    utm: Utm = UTM
    limits: dict[str, Any] = field(default_factory=dict)

    async def __call__(self, destination: str, names: Any = None) -> Finding:
        policy = Policy(networks=read_networks([f"{OUTSIDE}/31"]), ports=self.ports, **self.limits)
        due = DueCheck(UUID(int=1), "default", destination, self.utm, self.allowed)
        resolve = names or Names({"daftar.example": [[OUTSIDE]], "www.daftar.example": [[OUTSIDE]]})
        finding = await follow(due, policy=policy, resolve=resolve, transport=self.transport)
        # What holds for every finding, whatever came of it.
        assert re.fullmatch(r"[A-Z][^\n]{10,250}\.", finding.detail)
        assert "127.0" not in finding.detail
        assert "169.254" not in finding.detail
        assert len(finding.final_url or "") <= 500
        if finding.verdict is CheckVerdict.OK:
            assert (finding.utm_kept, finding.cid_kept, finding.host_allowed) == (True, True, True)
        return finding


@pytest.fixture(scope="session")
async def transport() -> AsyncIterator[httpx.AsyncBaseTransport]:
    async with open_transport() as transport:
        yield transport


@pytest.fixture
def check(transport: httpx.AsyncBaseTransport, site: Site, inside: Site) -> Checker:
    return Checker(transport, frozenset({80, 443, site.port, inside.port}))
