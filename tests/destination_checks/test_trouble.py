"""Servers that do not answer, never finish, or use another protocol: every check ends with a detail text."""

import asyncio

import pytest

from campaigns.links.types import CheckVerdict
from tests.destination_checks.checker import Checker
from tests.destination_checks.sites import DEAD, OUTSIDE, Names, Site, page, redirect

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"


async def silence(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(60)


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    while True:
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.02)


async def early_hints(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        await writer.drain()


@pytest.mark.parametrize("answer", [silence, drip, early_hints])
async def test_gives_up_when_the_time_is_over(check: Checker, site: Site, answer: object) -> None:
    check.limits["seconds"] = 0.4
    site.pages["/slow"] = answer  # type: ignore[assignment]
    site.pages["/"] = redirect("/slow")
    found = await check(site.url("/"))
    assert found.verdict is CheckVerdict.UNREACHABLE
    assert found.detail == "Redirect 1 of this link leads to a page that did not answer within 0.4 seconds in total."


async def test_all_redirects_share_one_time_limit(check: Checker, site: Site) -> None:
    """If each redirect had the whole time limit, this chain would never end."""
    check.limits |= {"seconds": 0.3, "most_redirects": 1_000_000_000}
    site.pages["/"] = redirect("/")
    async with asyncio.timeout(30):
        found = await check(site.url("/"))
    assert found.verdict is CheckVerdict.UNREACHABLE
    assert "did not answer within 0.3 seconds in total" in found.detail


async def test_a_name_server_that_hangs_takes_of_the_same_time(check: Checker, site: Site) -> None:
    async def hanging(_: str) -> list[object]:
        await asyncio.sleep(60)
        return []

    check.limits["seconds"] = 0.2
    found = await check(site.url("/"), hanging)
    assert (found.verdict, found.status, found.final_url) == (CheckVerdict.UNREACHABLE, None, None)


async def test_stops_reading_an_endless_page(check: Checker, site: Site) -> None:
    sent = 0
    broken_off = asyncio.Event()

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(HEAD)
        try:
            while True:
                writer.write(b"x" * 65_536)
                await writer.drain()
                sent += 65_536
        except OSError:
            broken_off.set()

    site.pages["/"] = endless
    assert (await check(site.url("/"))).verdict is CheckVerdict.OK
    await asyncio.wait_for(broken_off.wait(), 10)
    assert sent < 16 * 1024 * 1024  # what the buffers of the two sockets take


async def test_does_not_unpack_what_it_did_not_ask_for(check: Checker, site: Site) -> None:
    site.pages["/"] = page("200 OK", b"no gzip at all", "Content-Encoding: gzip")
    assert (await check(site.url("/"))).verdict is CheckVerdict.OK


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (b"\x00", CheckVerdict.UNREACHABLE),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", CheckVerdict.UNREACHABLE),
        (b"HTTP/1.1 200", CheckVerdict.UNREACHABLE),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 300_000, CheckVerdict.UNREACHABLE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", CheckVerdict.UNREACHABLE),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", CheckVerdict.BROKEN),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", CheckVerdict.BROKEN),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;" + b"x" * 300_000, CheckVerdict.BROKEN),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", CheckVerdict.UNREACHABLE),
    ],
)
async def test_an_invalid_response(check: Checker, site: Site, answer: bytes, verdict: CheckVerdict) -> None:
    site.pages["/"] = answer
    assert (await check(site.url("/"))).verdict is verdict


async def test_no_such_host_or_no_server_on_the_port(check: Checker, site: Site) -> None:
    found = await check(site.url("/", host="tidak-ada.example"))
    assert (found.verdict, found.detail) == (
        CheckVerdict.UNREACHABLE,
        "The destination leads to a host that does not exist.",
    )
    async with asyncio.timeout(10):
        server = await asyncio.start_server(lambda *_: None, OUTSIDE, 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        await server.wait_closed()
    check.ports |= {port}
    found = await check(f"http://daftar.example:{port}/")
    assert (found.verdict, found.hops, found.status) == (CheckVerdict.UNREACHABLE, 0, None)
    assert found.detail == "The destination leads to a server that accepts no connection."


async def test_knows_of_a_host_off_the_list_even_if_it_does_not_answer(check: Checker, site: Site) -> None:
    check.allowed = ()
    site.pages["/"] = b"\x00"
    found = await check(site.url("/"))
    assert (found.verdict, found.host_allowed) == (CheckVerdict.UNREACHABLE, False)


async def test_tries_the_addresses_of_a_name_in_turn(
    check: Checker, site: Site, connected: list[tuple[str, int]]
) -> None:
    assert (await check(site.url("/"), Names({"daftar.example": [[DEAD, OUTSIDE]]}))).verdict is CheckVerdict.OK
    assert connected == [(DEAD, site.port), (OUTSIDE, site.port)]
    found = await check(site.url("/"), Names({"daftar.example": [[DEAD] * 4 + [OUTSIDE]]}))
    assert found.verdict is CheckVerdict.UNREACHABLE
    assert connected[2:] == [(DEAD, site.port)] * 4
