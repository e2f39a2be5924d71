"""DNS for destination checks: one lookup per hop; all returned addresses are validated before connecting."""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from threading import Thread
from typing import Protocol

from campaigns.links.destination_checks.address_policy import Address, read_address


class NoSuchHost(Exception):
    """The name has no address, or no server answers for it."""


class Resolve(Protocol):
    """Looks up a host name; raises NoSuchHost. Tests pass one that returns hostile answers."""

    async def __call__(self, host: str) -> Sequence[Address]: ...


async def resolve_by_system(host: str) -> Sequence[Address]:
    """Look up by the operating system, in its order of preference.

    Each lookup runs in a daemon thread of its own. In the loop's thread pool, names without an answer would block
    lookups of PostgreSQL's host and keep the process from stopping.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[Address] | OSError | UnicodeError] = loop.create_future()

    def settle(outcome: list[Address] | OSError | UnicodeError) -> None:
        if not answer.done():
            answer.set_result(outcome)

    def ask() -> None:
        outcome: list[Address] | OSError | UnicodeError
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            outcome = error
        else:
            read = (read_address(str(place[0])) for *_, place in found)
            outcome = list(dict.fromkeys(address for address in read if address is not None))
        with contextlib.suppress(RuntimeError):  # the loop is closed: nothing waits any more
            loop.call_soon_threadsafe(settle, outcome)

    Thread(target=ask, name="jaring-resolve", daemon=True).start()
    outcome = await answer
    if isinstance(outcome, Exception) or not outcome:
        raise NoSuchHost
    return outcome
