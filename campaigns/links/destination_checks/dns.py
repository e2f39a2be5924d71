"""Names to addresses for checks: asked once per hop, every address of the answer is looked at before one is used."""

import asyncio
import contextlib
import socket
from collections.abc import Sequence
from threading import Thread
from typing import Protocol

from campaigns.links.destination_checks.address_policy import Address, read_address


class NoSuchHost(Exception):
    """The name has no address, or nobody answers for it."""


class Resolve(Protocol):
    """Looks a host name up; tests give one that lies. Raises NoSuchHost."""

    async def __call__(self, host: str) -> Sequence[Address]: ...


async def resolve_by_system(host: str) -> Sequence[Address]:
    """The addresses by the operating system, in its order of preference.

    Each look-up has a thread of its own, which dies with the process: on the loop's shared ones, names that nobody
    answers for would keep the look-ups of PostgreSQL's host waiting and the process from stopping.
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
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, outcome)

    Thread(target=ask, name="jaring-resolve", daemon=True).start()
    outcome = await answer
    if isinstance(outcome, Exception) or not outcome:
        raise NoSuchHost
    return outcome
