"""DNS look-ups by the system, in threads that do not block the process' end."""

import asyncio
import socket
import threading
from ipaddress import ip_address
from typing import Any

import pytest

from campaigns.links.destination_checks.dns import NoSuchHost, resolve_by_system


def answering(monkeypatch: pytest.MonkeyPatch, outcome: list[str] | Exception) -> None:
    def lookup(_host: str, _port: None, *, type: int) -> list[tuple[Any, ...]]:
        if isinstance(outcome, Exception):
            raise outcome
        return [(socket.AF_INET6, type, 6, "", (text, 0, 0, 0)) for text in outcome]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)


async def test_asks_the_system() -> None:
    assert {address.is_loopback for address in await resolve_by_system("localhost")} == {True}


async def test_keeps_the_order_and_removes_duplicates(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["2606:4700::1", "8.8.8.8", "2606:4700::1", "fe80::1%3"])
    expected = ["2606:4700::1", "8.8.8.8", "fe80::1%3"]
    assert list(await resolve_by_system("a.example")) == [ip_address(text) for text in expected]


@pytest.mark.parametrize("outcome", [socket.gaierror(-2, "unknown"), UnicodeError("label"), OSError("x"), []])
async def test_a_name_without_an_address(monkeypatch: pytest.MonkeyPatch, outcome: Any) -> None:
    answering(monkeypatch, outcome)
    with pytest.raises(NoSuchHost):
        await resolve_by_system("a.example")


async def test_waiting_for_a_name_can_be_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release, started = threading.Event(), threading.Event()
    troubles: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: troubles.append(context))

    def hanging(*_: object, **__: object) -> list[object]:
        started.set()
        release.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hanging)
    task = asyncio.create_task(resolve_by_system("a.example"))
    await asyncio.to_thread(started.wait, 10)
    threads = [thread for thread in threading.enumerate() if thread.name == "jaring-resolve"]
    assert [thread.daemon for thread in threads] == [True]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    await asyncio.to_thread(threads[0].join, 10)
    await asyncio.sleep(0)  # its late answer arrives, and nobody minds
    asyncio.get_running_loop().set_exception_handler(None)
    assert troubles == []
