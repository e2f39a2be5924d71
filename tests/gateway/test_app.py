"""Which application a request reaches: links and pages, the API, or the probes."""

from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from api.gateway.app import Gateway

BROWSER = {b"accept": b"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PROGRAM = {b"accept": b"application/json"}


def named(name: str, reached: list[str]) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(name)

    return app


async def reached_by(path: str, headers: dict[bytes, bytes], method: str = "GET") -> str:
    reached: list[str] = []
    gateway = Gateway(named("probes", reached))
    gateway.redirect, gateway.forward = named("redirect", reached), named("api", reached)
    scope: dict[str, Any] = {"type": "http", "path": path, "raw_path": path.encode(), "method": method}
    scope["headers"] = list(headers.items())
    await gateway(scope, None, None)  # type: ignore[arg-type]
    (name,) = reached
    return name


@pytest.mark.parametrize(
    "path", ["/jabar-bio", "/jabar-bio.", "/jabar-bio/", "//jabar-bio", "/jabar-bio+", "/\u200bjabar"]
)
@pytest.mark.parametrize("headers", [{}, BROWSER, PROGRAM])
async def test_a_link_is_the_redirects_whoever_asks(path: str, headers: dict[bytes, bytes]) -> None:
    assert await reached_by(path, headers) == "redirect"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/home",
        "/login",
        "/help",
        "/wp-admin/setup.php",
        "/jabar-bio/index.html",
        "/favicon.ico",
        "/units",
        "/v2/units",
    ],
)
async def test_a_person_with_another_address_is_shown_a_page(path: str) -> None:
    assert await reached_by(path, BROWSER) == "redirect"
    assert await reached_by(path, {}) == "redirect"
    assert await reached_by(path, PROGRAM) == "api"
    assert await reached_by(path, {b"authorization": b"Bearer x", **BROWSER}) == "api"
    assert await reached_by(path, BROWSER, "POST") == "api"


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/", "/v1/links", "//v1/links", "/v1/no/such", "/docs", "/docs/x.js", "/openapi.json"]
)
async def test_the_api_answers_its_own_paths_whoever_asks(path: str) -> None:
    assert await reached_by(path, BROWSER) == await reached_by(path, {}) == "api"


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
async def test_probes_are_answered_by_the_gateway(path: str) -> None:
    assert await reached_by(path, PROGRAM) == await reached_by(path, BROWSER) == "probes"
