"""Reads the body of a request before a place at the API is taken for it, so that slow clients hold none.

What is read is kept in memory, so everything about it is bounded: the bytes of one body and of all, the time between
two parts and of the whole, and how many bodies one address sends at a time.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable

from starlette.exceptions import HTTPException
from starlette.types import Receive

from api.http.problems import BodyTooSlow
from campaigns.kit.client_address import network_of
from campaigns.kit.errors import TooManyRequests, Unavailable

# So many times the silence that is allowed, for a whole body: with 10 s it is a minute, for at most 64 kB.
WHOLE_BODY = 6
# Of one IPv4 address or IPv6 /64: three classes behind one address that press the button in the same second.
MAX_PER_NETWORK = 128
# Of all bodies that a gateway reads: as many of the largest as eight such addresses send.
MAX_HELD_BYTES = 64 * 1024 * 1024
_BODY_HEADERS = frozenset({b"content-length", b"transfer-encoding"})


def api_busy() -> Unavailable:
    """The refusal of a request for which there is no place."""
    return Unavailable("api-busy", "The API has too many requests at the moment. Repeat the request later.")


class ClientGone(Exception):
    """The client closed the connection before its request was answered."""


class BodyReader:
    """Reads bodies of up to `most_bytes`, whose parts come at most `silence_seconds` after each other."""

    def __init__(self, *, most_bytes: int, silence_seconds: float, held_bytes: int = MAX_HELD_BYTES) -> None:
        self._most_bytes = most_bytes
        self._silence_seconds = silence_seconds
        self._free_bytes = held_bytes
        self._reading = Counter[str]()

    async def read(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive, address: str) -> bytes | None:
        """The body of a request from the address, None if it has none.

        Raises ClientGone, BodyTooSlow, TooManyRequests, Unavailable, and HTTPException with 413.
        """
        lengths = {name: value for name, value in headers if name in _BODY_HEADERS}
        if not lengths:
            return None
        declared = lengths.get(b"content-length", b"")
        if declared.isdigit() and int(declared) > self._most_bytes:
            raise HTTPException(413)
        network = network_of(address)
        if self._reading[network] >= MAX_PER_NETWORK:
            raise TooManyRequests(
                "too-many-requests", "Your network sends too many requests at a time. Repeat the request later."
            )
        self._reading[network] += 1
        try:
            async with asyncio.timeout(self._silence_seconds * WHOLE_BODY):
                return await self._whole(receive)
        except TimeoutError:
            raise BodyTooSlow from None
        finally:
            self._reading[network] -= 1
            if not self._reading[network]:
                del self._reading[network]

    async def _whole(self, receive: Receive) -> bytes:
        parts, size, more = list[bytes](), 0, True
        try:
            while more:
                async with asyncio.timeout(self._silence_seconds):
                    message = await receive()
                if message["type"] != "http.request":
                    raise ClientGone
                part, more = message.get("body", b""), message.get("more_body", False)
                size += len(part)
                self._free_bytes -= len(part)
                if size > self._most_bytes:
                    raise HTTPException(413)
                if self._free_bytes < 0:
                    raise api_busy()
                parts.append(part)
            return b"".join(parts)
        finally:
            self._free_bytes += size
