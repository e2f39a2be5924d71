"""Following redirects over real connections: verdicts, and whether UTM and cid arrive."""

import asyncio
import base64
from urllib.parse import parse_qsl, urlsplit

import pytest

from campaigns.clicks.tokens import TOKEN_LENGTH, VERSION
from campaigns.links.destination_checks.hops import CHECK_TOKEN
from campaigns.links.types import CheckVerdict, Utm
from tests.destination_checks.checker import Checker
from tests.destination_checks.sites import OUTSIDE, Names, Site, page, redirect

SENT = {"utm_source": "instagram", "utm_medium": "social", "utm_campaign": "bintara", "utm_content": "story-1"}


def query_of(target: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(target).query))


async def test_sends_a_request_like_a_tap_with_its_own_user_agent(check: Checker, site: Site) -> None:
    check.limits["about"] = "https://jaring.example/tentang kami"
    found = await check(site.url("/bintara?lang=id#form"))
    assert (found.verdict, found.status, found.hops) == (CheckVerdict.OK, 200, 0)
    assert found.final_url == site.url("/bintara?lang=id")
    [request] = site.requests
    assert query_of(request.target) == {"lang": "id", **SENT, "cid": CHECK_TOKEN}
    assert request.target.startswith("/bintara?lang=id&utm_source=")
    assert request.headers["host"] == f"daftar.example:{site.port}"
    assert request.headers["user-agent"] == "Jaring-Check/1 (+https://jaring.example/tentang%20kami)"
    assert request.headers["accept-encoding"] == "identity"
    assert not request.headers.keys() & {"cookie", "authorization", "referer"}


def test_the_token_of_checks_is_as_long_as_a_real_one_and_never_one() -> None:
    assert len(CHECK_TOKEN) == TOKEN_LENGTH
    assert CHECK_TOKEN.isalpha()
    assert base64.urlsafe_b64decode(CHECK_TOKEN)[:1] != VERSION


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
async def test_follows_every_kind_of_redirect(check: Checker, site: Site, status: str) -> None:
    site.pages["/old"] = lambda writer: passing_on(site, writer, "/new", status)
    found = await check(site.url("/old"))
    assert (found.verdict, found.hops, found.final_url) == (CheckVerdict.OK, 1, site.url("/new"))


async def passing_on(site: Site, writer: asyncio.StreamWriter, to: str, status: str = "302 Found") -> None:
    """A redirect that keeps the query, as a well set up server does."""
    query = urlsplit(site.requests[-1].target).query
    writer.write(redirect(f"{to}?{query}", status))


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("next?{query}", "/a/next"),
        ("./next?{query}", "/a/next"),
        ("../next?{query}", "/next"),
        ("/next?{query}", "/next"),
        ("?{query}&step=2", "/a/start"),
        ("//daftar.example:{port}/next?{query}", "/next"),
        ("HTTP://DAFTAR.EXAMPLE:{port}/next?{query}#form?cid=other", "/next"),
        ("/next?{query}#/pages/form", "/next"),
        ("/dua kata?{query}", "/dua%20kata"),
        ("/caf\u00e9?{query}", "/caf%C3%A9"),
        ("/next?{query}&nama=Jos\u00e9", "/next"),
        ("/next?{query}&back=https:\\\\x.example", "/next"),
    ],
)
async def test_reads_a_location_as_browsers_do(check: Checker, site: Site, location: str, target: str) -> None:
    async def start(writer: asyncio.StreamWriter) -> None:
        query = urlsplit(site.requests[-1].target).query
        again = "step=2" in query
        writer.write(page() if again else redirect(location.format(query=query, port=site.port)))

    site.pages["/a/start"] = start
    found = await check(site.url("/a/start"))
    assert (found.verdict, found.hops) == (CheckVerdict.OK, 1)
    assert site.requests[-1].target.partition("?")[0] == target
    assert "#" not in (found.final_url or "")


async def test_what_a_redirect_adds_is_asked_byte_for_byte_and_shown(check: Checker, site: Site) -> None:
    site.pages["/old"] = redirect("/new?a=%7e+%2F&b==&UTM_x=1&utm_id=7&cid=stolen")
    found = await check(site.url("/old"))
    assert site.requests[-1].target == "/new?a=%7e+%2F&b==&UTM_x=1&utm_id=7&cid=stolen"
    assert found.final_url == site.url("/new?a=%7e+%2F&b==&UTM_x=1")


KEPT_UTM = "&".join(f"{name}={value}" for name, value in SENT.items())


@pytest.mark.parametrize(
    ("query", "utm", "cid"),
    [
        ("", False, False),
        (KEPT_UTM, True, False),
        (f"cid={CHECK_TOKEN}", False, True),
        (f"{KEPT_UTM}&cid={CHECK_TOKEN.lower()}", True, False),
        (f"{KEPT_UTM}&cid={CHECK_TOKEN}&utm_source=google", False, True),
        (f"{KEPT_UTM}&cid={CHECK_TOKEN}&cid={CHECK_TOKEN}", True, True),
        (f"{KEPT_UTM}&cid={CHECK_TOKEN}".replace("social", "Social"), False, True),
        (f"{KEPT_UTM}&cid={CHECK_TOKEN}".replace("utm_content", "content"), False, True),
        (
            f"cid={CHECK_TOKEN}&utm%5Fsource=insta%67ram&utm_medium=social&utm_campaign=bintara&utm_content=story-1",
            1,
            1,
        ),
        (f"#{KEPT_UTM}&cid={CHECK_TOKEN}", False, False),
    ],
)
async def test_reports_whether_utm_and_cid_arrive(check: Checker, site: Site, query: str, utm: bool, cid: bool) -> None:
    site.pages["/old"] = redirect(f"/new?{query}")
    found = await check(site.url("/old"))
    assert (found.utm_kept, found.cid_kept) == (utm, cid)
    assert found.verdict == (CheckVerdict.OK if utm and cid else CheckVerdict.PARAMETERS_LOST)
    if not (utm and cid):
        assert found.detail.startswith("The page answers, but redirects removed ")
        assert ("UTM" in found.detail, "cid" in found.detail) == (not utm, not cid)


async def test_absent_term_and_content_are_not_reported_as_lost(check: Checker, site: Site) -> None:
    check.utm = Utm("instagram", "social", "bintara", None, None)
    site.pages["/old"] = redirect(f"/new?utm_source=instagram&utm_medium=social&utm_campaign=bintara&cid={CHECK_TOKEN}")
    assert (await check(site.url("/old"))).verdict is CheckVerdict.OK


async def test_reports_whether_the_hosts_are_still_allowed(check: Checker, site: Site) -> None:
    names = Names({"daftar.example": [[OUTSIDE]], "lain.example": [[OUTSIDE]]})
    site.pages["/old"] = lambda writer: passing_on(site, writer, site.url("/new", host="lain.example"))
    found = await check(site.url("/old"), names)
    assert (found.verdict, found.host_allowed) == (CheckVerdict.HOST_NOT_ALLOWED, False)
    assert found.detail == "The page answers, but its host, lain.example, is not on the allow-list."
    check.allowed = ("lain.example",)
    found = await check(site.url("/old"), names)
    assert (found.verdict, found.host_allowed) == (CheckVerdict.HOST_NOT_ALLOWED, False)
    assert "daftar.example, is no longer on the allow-list" in found.detail
    check.allowed = ("lain.example", "daftar.example")
    assert (await check(site.url("/old"), names)).verdict is CheckVerdict.OK


async def test_a_page_on_an_ip_address_is_on_no_list(check: Checker, site: Site) -> None:
    site.pages["/old"] = lambda writer: passing_on(site, writer, site.url("/new", host=OUTSIDE))
    found = await check(site.url("/old"))
    assert found.verdict is CheckVerdict.HOST_NOT_ALLOWED
    assert found.detail == "The page answers, but its host, an IP address, is not on the allow-list."


async def test_goes_no_further_than_five_redirects(check: Checker, site: Site) -> None:
    for step in range(5):
        site.pages[f"/{step}"] = lambda writer, step=step: passing_on(site, writer, f"/{step + 1}")  # type: ignore[misc]
    found = await check(site.url("/0"))
    assert (found.verdict, found.hops, len(site.requests)) == (CheckVerdict.OK, 5, 6)
    site.requests.clear()
    site.pages["/5"] = redirect("/6")
    found = await check(site.url("/0"))
    assert (found.verdict, found.status, found.hops) == (CheckVerdict.BROKEN, 302, 5)
    assert len(site.requests) == 6
    assert found.detail == "Redirect 5 of this link leads to another redirect. The check follows at most 5 redirects."
    assert (found.utm_kept, found.cid_kept, found.host_allowed) == (None, None, None)


async def test_notices_a_circle(check: Checker, site: Site) -> None:
    site.pages |= {"/a": redirect("/b"), "/b": redirect("/a")}
    found = await check(site.url("/a"))
    assert found.verdict is CheckVerdict.BROKEN
    assert "form a loop" in found.detail
    assert len(site.requests) == 6


async def test_gives_cookies_back_to_their_own_host_within_a_check(check: Checker, site: Site) -> None:
    async def gate(writer: asyncio.StreamWriter) -> None:
        let_in = site.requests[-1].headers.get("cookie") == "seen=yes; lang=id"
        writer.write(page() if let_in else redirect(site.requests[-1].target, "302 Found", *cookies))

    cookies = ("Set-Cookie: seen=yes; Path=/; HttpOnly", "Set-Cookie: lang=id", "Set-Cookie: broken", "Set-Cookie: =x")
    site.pages["/gate"] = gate
    assert (await check(site.url("/gate"))).verdict is CheckVerdict.OK
    site.pages["/gate"] = lambda writer: leave(writer)

    async def leave(writer: asyncio.StreamWriter) -> None:
        writer.write(redirect(site.url("/other", host="www.daftar.example"), "302 Found", *cookies))

    await check(site.url("/gate"))
    assert site.requests[-1].headers["host"].startswith("www.")
    assert "cookie" not in site.requests[-1].headers
    assert "cookie" not in site.requests[-2].headers  # and none is left from the check before


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        ("404 Not Found", False),
        ("410 Gone", False),
        ("500 Internal Server Error", False),
        ("403 Forbidden", True),
        ("503 Service Unavailable", True),
        ("304 Not Modified", False),
        ("300 Multiple Choices", False),
        ("799 Whatever", False),
    ],
)
async def test_an_error_is_no_answer(check: Checker, site: Site, status: str, hint: bool) -> None:
    site.pages["/"] = page(status, b"")
    found = await check(site.url("/"))
    assert (found.verdict, found.status) == (CheckVerdict.BROKEN, int(status[:3]))
    assert ("a different answer than this check" in found.detail) == hint
    assert status.removesuffix(" Whatever") in found.detail
    assert (found.utm_kept, found.cid_kept, found.host_allowed) == (True, True, True)


async def test_an_empty_page_is_an_answer(check: Checker, site: Site) -> None:
    site.pages["/"] = b"HTTP/1.1 204 No Content\r\n\r\n"
    assert (await check(site.url("/"))).verdict is CheckVerdict.OK


async def test_the_redirect_of_a_page_itself_is_not_followed(check: Checker, site: Site) -> None:
    site.pages["/"] = page("200 OK", b'<meta http-equiv="refresh" content="0;url=/new">', "Refresh: 0; url=/new")
    found = await check(site.url("/"))
    assert (found.verdict, found.hops, len(site.requests)) == (CheckVerdict.OK, 0, 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_a_redirect_that_does_not_say_where_to_is_broken(check: Checker, site: Site, answer: bytes) -> None:
    site.pages["/"] = answer
    found = await check(site.url("/"))
    assert (found.verdict, found.status) == (CheckVerdict.BROKEN, 302)
    assert found.detail == "The destination leads to a redirect without a single target."


async def test_a_long_query_of_ones_own_is_followed_and_an_endless_one_is_not(check: Checker, site: Site) -> None:
    assert (await check(site.url(f"/?a={'x' * 2000}"))).verdict is CheckVerdict.OK
    site.pages["/old"] = redirect(f"/?a={'x' * 9000}")
    assert (await check(site.url("/old"))).verdict is CheckVerdict.BROKEN
    site.pages["/old"] = redirect(f"/{'x' * 3000}")
    assert (await check(site.url("/old"))).verdict is CheckVerdict.BROKEN
