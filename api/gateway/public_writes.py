"""How many registrations and other writes of the public one network may send.

Carriers put a school or a town behind one address. When a hall of 500 registers within five minutes, and half of them
send the form twice because of a slip, that is 750; 120 a minute, and three minutes' worth at once, let 960 through in
that time. One machine that registers as fast as it can keeps 120 a minute (docs/decisions/0019).
"""

from collections.abc import Sequence

from starlette.types import Message, Scope, Send

from api.http.limits.rates import Allowance, RateLimit
from campaigns.kit.client_address import network_of
from campaigns.kit.errors import Sentence, TooManyRequests

PREFIX = "/v1/public/"
READS = frozenset({"GET", "HEAD", "OPTIONS"})
# What may be sent at once after a pause, in minutes of the long run.
MINUTES_AT_ONCE = 3


class PublicWrites:
    """Counts writes by network, against `per_minute`."""

    def __init__(self, per_minute: int) -> None:
        self._rate = RateLimit(per_minute=per_minute, at_once=per_minute * MINUTES_AT_ONCE)
        self._policy = f'"public-writes";q={self._rate.at_once};w={MINUTES_AT_ONCE * 60}'.encode()

    def allow(self, scope: Scope, address: str, send: Send) -> tuple[Send, TooManyRequests | None]:
        """Count a request; returns a `send` that tells what is left, and the refusal if nothing was."""
        if scope["method"] in READS or not scope["path"].startswith(PREFIX):
            return send, None
        taken = self._rate.take(network_of(address))
        refusal = None
        if taken.wait_seconds:
            detail = Sentence(
                "Too many requests come from your network. Repeat the request in {seconds} seconds.",
                seconds=taken.wait_seconds,
            )
            refusal = TooManyRequests("too-many-requests", detail, retry_seconds=taken.wait_seconds)
        return _telling(send, self._headers(taken)), refusal

    def _headers(self, taken: Allowance) -> Sequence[tuple[bytes, bytes]]:
        """What is left and after how many seconds there is more (draft-ietf-httpapi-ratelimit-headers)."""
        more = taken.wait_seconds or max(1, round(self._rate.seconds_each))
        return (
            (b"ratelimit-policy", self._policy),
            (b"ratelimit", f'"public-writes";r={taken.remaining};t={more}'.encode()),
        )


def _telling(send: Send, headers: Sequence[tuple[bytes, bytes]]) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return sending
