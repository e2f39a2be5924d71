"""Addresses that a redirect must not make this server connect to; fixtures fail a test with an internal connection."""

import socket
from typing import Any

import pytest

from campaigns.links.destination_checks.dns import resolve_by_system
from campaigns.links.destination_checks.follow import open_transport
from campaigns.links.types import CheckVerdict
from tests.destination_checks.checker import Checker
from tests.destination_checks.sites import INSIDE, OUTSIDE, Names, Site, redirect

HOSTS_INSIDE = [
    "127.0.0.1",
    "2130706433",  # decimal
    "017700000001",  # octal
    "0x7f000001",
    "0x7f.1",
    "127.1",
    "127.0.1",
    "0177.0.0.1",
    "127.0.0.1.",
    "%31%32%37.0.0.1",
    "\uff11\uff12\uff17.0.0.1",  # fullwidth digits
    "127\u30020\u30020\u30021",  # ideographic full stops
    "0",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[ff02::1]",
    "169.254.169.254",
    "[::ffff:a9fe:a9fe]",
    "[fd00:ec2::254]",
    "10.0.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "224.0.0.1",
]


@pytest.mark.parametrize("host", HOSTS_INSIDE)
async def test_a_redirect_inside_is_refused(
    check: Checker, site: Site, inside: Site, host: str, connected: list[tuple[str, int]]
) -> None:
    site.pages["/"] = redirect(f"http://{host}:{inside.port}/latest/meta-data/?secret=1")
    found = await check(site.url("/"))
    assert (found.verdict, found.hops, found.status) == (CheckVerdict.REFUSED, 1, 302)
    assert found.final_url == site.url("/")  # of what was refused nothing is shown
    assert len(connected) == 1


@pytest.mark.parametrize("host", ["134744072", "0x8.8.2056", "010.8.8.8", "8.8.2056"])
async def test_a_public_address_in_numbers_is_refused_for_its_spelling(check: Checker, site: Site, host: str) -> None:
    site.pages["/"] = redirect(f"http://{host}/")
    found = await check(site.url("/"))
    assert found.verdict is CheckVerdict.REFUSED
    assert found.detail == (
        "Redirect 1 of this link leads to an IP address in an unusual notation. The check did not follow it."
    )


@pytest.mark.parametrize("host", ["1.2.3.4.5", "1e100.08", "a.0x7f", "256.256.256.256"])
async def test_what_ends_in_a_number_is_no_name(check: Checker, site: Site, host: str) -> None:
    site.pages["/"] = redirect(f"http://{host}/")
    names = Names({"daftar.example": [[OUTSIDE]], host: [[OUTSIDE]]})
    assert (await check(site.url("/"), names)).verdict is CheckVerdict.BROKEN
    assert names.asked == ["daftar.example"]


@pytest.mark.parametrize(
    "location",
    [
        "http://good@{inside}/",
        "http://daftar.example:80@{inside}/",
        "http://@{inside}/",
        "//user:pass@{inside}/",
        "http://daftar.example\\@{inside}/",
        "http:\\\\{inside}/",
        "\\\\{inside}/",
        "/\\{inside}/",
        "///{inside}/",
        "/\t/{inside}/",
        "/\t/[",
        "ht\ttp://{inside}/",
        "http:///{inside}/",
        "http:/{inside}/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://{inside}/",
        "gopher://{inside}/_x",
        "unix:///run/x.sock",
        "http://",
        "http://?a=b",
        "http://[::1/",
        "http://[::1%25lo]/",
        "http://{inside}:0x50/",
        "http://{inside}:99999/",
        "http://a\u200bb.example/",
    ],
)
async def test_a_location_that_can_be_read_in_two_ways_is_not_followed(
    check: Checker, site: Site, inside: Site, location: str, connected: list[tuple[str, int]]
) -> None:
    site.pages["/"] = redirect(location.format(inside=f"{INSIDE}:{inside.port}"))
    found = await check(site.url("/"))
    assert found.verdict in (CheckVerdict.BROKEN, CheckVerdict.REFUSED)
    assert found.hops == 1
    assert len(connected) == 1


@pytest.mark.parametrize("location", [b"http://\xff\xfe/", b"/\xc3(", b"/\xed\xa0\x80"])
async def test_a_location_that_is_no_text_is_not_followed(check: Checker, site: Site, location: bytes) -> None:
    site.pages["/"] = redirect(location)
    assert (await check(site.url("/"))).verdict is CheckVerdict.BROKEN


@pytest.mark.parametrize(
    "addresses",
    [
        [INSIDE],
        [OUTSIDE, INSIDE],
        [INSIDE, OUTSIDE],
        [OUTSIDE, "::1"],
        [OUTSIDE] * 9 + ["10.0.0.1"],
        ["64:ff9b::808:808"],
    ],
)
async def test_every_address_of_a_name_must_be_outside(
    check: Checker, site: Site, addresses: list[str], connected: list[tuple[str, int]]
) -> None:
    names = Names({"daftar.example": [addresses]})
    found = await check(site.url("/"), names)
    assert (found.verdict, found.hops) == (CheckVerdict.REFUSED, 0)
    assert found.detail == "The destination leads to a network that is not public. The check did not connect to it."
    assert connected == []


async def test_a_name_that_changes_address_is_connected_at_the_checked_address(
    check: Checker, site: Site, inside: Site
) -> None:
    """The first DNS answer is validated and used; a second look-up would give an internal address."""
    names = Names({"daftar.example": [[OUTSIDE], [INSIDE]]})
    found = await check(site.url("/"), names)
    assert found.verdict is CheckVerdict.OK
    assert names.asked == ["daftar.example"]
    assert (site.connections, inside.connections) == (1, 0)


async def test_a_name_rebound_between_two_redirects_is_refused(check: Checker, site: Site, inside: Site) -> None:
    names = Names({"daftar.example": [[OUTSIDE], [INSIDE]]})
    site.pages["/"] = redirect(f"http://daftar.example:{inside.port}/admin")
    found = await check(site.url("/"), names)
    assert (found.verdict, found.hops) == (CheckVerdict.REFUSED, 1)
    assert names.asked == ["daftar.example", "daftar.example"]
    assert (site.connections, inside.connections) == (1, 0)


@pytest.mark.parametrize("port", [22, 25, 8080, 5432])
async def test_only_the_ports_of_the_policy_are_asked(
    check: Checker, site: Site, port: int, connected: list[tuple[str, int]]
) -> None:
    check.ports = frozenset({80, 443})
    names = Names({"daftar.example": [[OUTSIDE]]})
    found = await check(f"http://daftar.example:{port}/", names)
    assert found.verdict is CheckVerdict.REFUSED
    assert found.detail == f"The destination leads to port {port}. Allowed ports: 80 and 443."
    assert (names.asked, connected) == ([], [])


async def test_names_of_this_machine_are_refused(check: Checker, inside: Site) -> None:
    found = await check(inside.url("/", host="localhost"), resolve_by_system)
    assert found.verdict is CheckVerdict.REFUSED


async def test_proxies_of_the_environment_are_not_used(
    check: Checker, site: Site, inside: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://{INSIDE}:{inside.port}")
    async with open_transport() as check.transport:
        assert (await check(site.url("/"))).verdict is CheckVerdict.OK


async def test_the_system_is_never_asked_for_what_another_resolver_said(
    check: Checker, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    real = socket.getaddrinfo

    def spy(host: Any, *rest: Any, **options: Any) -> object:
        asked.append(host)
        return real(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", spy)
    assert (await check(site.url("/"))).verdict is CheckVerdict.OK
    assert "daftar.example" not in asked
