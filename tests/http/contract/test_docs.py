"""`/openapi.json`, and `/docs`, which shows it: all of it comes from this server."""

import re
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx
import pytest
from fastapi import FastAPI

from tests.contract.document import DOCUMENT

BASE = "http://testserver"


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose answers are not compared with the document, in which its own routes are not."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as client:
        yield client


class Page(HTMLParser):
    """What a page names by `src` and `href`, and what it holds itself that would need `unsafe-inline`."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.named: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.named += [value for name in ("src", "href") if (value := given.get(name))]
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag == "style" or (tag == "script" and "src" not in given):
            self.inline.append(tag)


async def test_the_document_is_served(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/openapi.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == DOCUMENT


async def test_all_that_the_page_names_is_served_here(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/docs")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    page = Page(answer.text)
    start = (await browser.get("/docs/start.js")).text
    named = [*page.named, *re.findall(r'url: "([^"]+)"', start)]
    assert len(named) == 6
    for address in named:
        whole = urljoin(f"{BASE}/docs", address)
        assert whole.startswith(BASE), address
        assert (await browser.get(whole)).status_code == 200, address


async def test_the_page_allows_nothing_else(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/docs")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert not {"unsafe-inline", "unsafe-eval", "http:", "https:", "*"} & set(re.findall(r"[\w*:-]+", str(policy)))
    assert not Page(answer.text).inline
    styles = (await browser.get("/docs/swagger-ui.css")).text
    assert "@import" not in styles
    assert all(address.startswith("data:") for address in re.findall(r"""url\(["']?([^)]{5})""", styles))


@pytest.mark.parametrize("path", ["/openapi.json", "/docs", "/docs/swagger-ui.css", "/docs/start.js"])
async def test_keeps_the_contract(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    again = await browser.get(path, headers={"If-None-Match": f"W/{answer.headers['etag']}"})
    assert (again.status_code, again.content) == (304, b"")
    head = await browser.head(path)
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", answer.headers["etag"])
    assert (await browser.get(f"{path}?url=https://example.com/x.json")).status_code == 422
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/redoc", "/docs/", "/docs/__init__.py", "/docs/%2e%2e%2fmain.py", "/docs/oauth2-redirect"]
)
async def test_nothing_else_is_served(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
