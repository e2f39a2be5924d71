"""What is no link: the bare host, files that programs ask for, and addresses that lead nowhere."""

import pytest

from tests.redirect.taps import Taps


@pytest.mark.parametrize("path", ["/", "", "//"])
async def test_the_bare_host_shows_a_page(taps: Taps, path: str) -> None:
    answer = await taps.client.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Tautan resmi" in answer.text
    assert await taps.stored("orphan_taps") == []


@pytest.mark.parametrize("home", ["https://daftar.example/"])
async def test_the_bare_host_leads_where_it_is_set_to(home: str, taps: Taps) -> None:
    answer = await taps.client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, home)
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    ["/favicon.ico", "/apple-touch-icon-120x120.png", "/.well-known/assetlinks.json", "/sitemap.xml", "/ads.txt"],
)
async def test_a_file_that_programs_ask_for_is_missing_and_no_tap(taps: Taps, path: str) -> None:
    answer = await taps.client.get(path)
    assert (answer.status_code, answer.content) == (404, b"")
    assert "max-age" in answer.headers["cache-control"]
    assert await taps.stored("orphan_taps") == []


async def test_crawlers_may_read_links_and_not_the_api(taps: Taps) -> None:
    answer = await taps.client.get("/robots.txt")
    assert answer.text == "User-agent: *\nDisallow: /v1/\n"
    head = await taps.client.head("/robots.txt")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(answer.content)))


@pytest.mark.parametrize("path", ["/home", "/login", "/wp-admin/setup.php", "/a/b/c", "/%20", "/abc/def"])
async def test_everything_else_is_unknown_and_counted(taps: Taps, path: str) -> None:
    answer = await taps.client.get(path)
    assert answer.status_code == 404
    assert "Tautan tidak dikenal" in answer.text
    assert len(await taps.stored("orphan_taps")) == 1
