"""Any Location header: a check ends with a finding, and connects to no forbidden address."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address
from uuid import UUID

import httpx
from hypothesis import example, given, settings
from hypothesis import strategies as st

from campaigns.links.destination_checks.address_policy import Address, may_connect
from campaigns.links.destination_checks.dns import NoSuchHost
from campaigns.links.destination_checks.follow import follow
from campaigns.links.destination_checks.hops import first_hop, next_hop
from campaigns.links.destination_checks.types import DueCheck, Policy
from campaigns.links.types import CheckVerdict, Utm

UTM = Utm("instagram", "social", "bintara", None, None)
DUE = DueCheck(UUID(int=1), "default", "https://daftar.example/", UTM, ("daftar.example",))


class Scripted(httpx.AsyncBaseTransport):
    """Answers the first request with a redirect, and records the requested addresses and host names."""

    def __init__(self, location: bytes) -> None:
        self._location = location
        self.asked: list[tuple[str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((request.url.host, request.headers["host"]))
        assert all(0x21 <= byte <= 0x7E for byte in request.extensions["target"])
        if len(self.asked) == 1:
            return httpx.Response(302, headers=[(b"Location", self._location)])
        return httpx.Response(200)


hosts = st.one_of(
    st.ip_addresses().map(lambda one: f"[{one}]" if one.version == 6 else str(one)),
    st.ip_addresses(v=4).map(lambda one: str(int(one))),
    st.ip_addresses(v=4).map(lambda one: hex(int(one))),
    st.ip_addresses(v=4).map(lambda one: f"0{int(one):o}"),
    st.ip_addresses(v=4).map(lambda one: f"[::ffff:{one}]"),
    st.sampled_from(
        ["localhost", "lain.example", "a_b.example.", ".", "..", "xn--a.example", "\u24db\u24de\u24d2", ""]
    ),
    st.text(max_size=12),
)
pieces = st.sampled_from(
    ["http:", "https:", "//", "/", "\\", "@", ":", ":80", ":443", "?", "#", ".", "%", "%00", "\t", " "]
)
locations = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.builds(
        lambda scheme, host, rest: f"{scheme}{host}{rest}".encode("utf-8", "surrogatepass"),
        st.sampled_from(["http://", "https://", "//", "HTTP://u:p@", "http:\\\\", "https:/"]),
        hosts,
        st.lists(pieces | hosts, max_size=4).map("".join),
    ),
    st.lists(pieces | hosts, max_size=8).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")),
)


@given(location=locations, answer=st.lists(st.ip_addresses(), max_size=3))
@example(b"http://2130706433/", [])
@example(b"/\t/[", [])
@example(b"/?\xc3\xa9", [])
@example(b"http://lain.example/", [ip_address("8.8.8.8"), ip_address("::1")])
@settings(deadline=None, max_examples=600)
def test_no_location_leads_inside(location: bytes, answer: Sequence[Address]) -> None:
    async def resolve(host: str) -> Sequence[Address]:
        if host == "daftar.example":
            return [ip_address("8.8.4.4")]
        if not answer:
            raise NoSuchHost
        return answer

    transport = Scripted(location)
    loop = asyncio.new_event_loop()
    try:
        found = loop.run_until_complete(follow(DUE, policy=Policy(), resolve=resolve, transport=transport))
    finally:
        loop.close()
    assert transport.asked[0] == ("8.8.4.4", "daftar.example")
    assert all(may_connect(ip_address(address.strip("[]"))) for address, _ in transport.asked)
    if len(transport.asked) == 1:
        assert found.verdict in (CheckVerdict.BROKEN, CheckVerdict.REFUSED, CheckVerdict.UNREACHABLE)
    assert found.detail.isascii()
    assert (found.final_url or "").isascii()


@given(destination=st.text(max_size=60) | st.text(max_size=40).map("https://daftar.example/".__add__))
@settings(deadline=None, max_examples=300)
def test_no_stored_destination_raises(destination: str) -> None:
    """Rows stored under older rules can contain any text; each ends in a finding."""

    async def resolve(host: str) -> Sequence[Address]:
        return [ip_address("8.8.4.4")]

    due = DueCheck(UUID(int=1), "default", destination, UTM, ())
    loop = asyncio.new_event_loop()
    try:
        found = loop.run_until_complete(follow(due, policy=Policy(), resolve=resolve, transport=Scripted(b"/there")))
    finally:
        loop.close()
    assert found.verdict is not CheckVerdict.OK


def test_reads_addresses_that_it_wrote() -> None:
    """A URL that a check reports parses as the same URL again."""
    stop = first_hop("https://daftar.example:8443/dua%20kata?a=b%20c", UTM)
    assert next_hop(stop, stop.url.encode()) == stop
