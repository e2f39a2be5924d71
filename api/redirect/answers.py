"""How the redirect sends an answer, and the headers that all its pages have."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from prometheus_client import Counter

ANSWERS = Counter("jaring_redirects_total", "Answers of the redirect.", ["answer"])

NO_STORE = (b"cache-control", b"no-store")
EMPTY = (b"content-length", b"0")
# Pages load nothing, and no other site can frame them to borrow their trust.
_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


async def send_answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_page(send: Send, status: int, page: bytes, method: str, *headers: tuple[bytes, bytes]) -> None:
    """Send a page of `pages`, to HEAD without its body."""
    await send_answer(
        send,
        status,
        [
            (b"content-type", b"text/html; charset=utf-8"),
            (b"content-length", str(len(page)).encode()),
            (b"content-security-policy", _POLICY),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            NO_STORE,
            *headers,
        ],
        b"" if method == "HEAD" else page,
    )
