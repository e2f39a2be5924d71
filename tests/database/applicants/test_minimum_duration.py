"""The minimum duration of a registration: every request sleeps the rest after its commit, without a connection."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.context import Context
from api.public.minimum_duration import RequestClock, system_clock
from tests.factories.intake import post_registration, registration


class ResponseRecorder:
    """ASGI middleware that records when a response begins to be sent."""

    def __init__(self, app: ASGIApp, recorded: list[str]) -> None:
        self.app, self.recorded = app, recorded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def record(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.recorded.append(f"response {int(message['status'])}")
            await send(message)

        await self.app(scope, receive, record)


class FakeClock:
    """A clock that is set by hand; records sleeps and the connections in use during each."""

    def __init__(self, engine: AsyncEngine, recorded: list[str]) -> None:
        self.engine, self.recorded = engine, recorded
        self.seconds_per_request = 0.0
        self.now = 1_000.0

    def monotonic(self) -> float:
        """The time, which advances by `seconds_per_request` with every call."""
        self.now += self.seconds_per_request
        return self.now

    async def sleep(self, seconds: float) -> None:
        pool = self.engine.pool
        assert isinstance(pool, QueuePool)
        self.recorded.append(f"sleep {round(seconds * 1000)} ms with {pool.checkedout()} connections")


@pytest.fixture
def recorded() -> list[str]:
    """The recorded commits, sleeps and responses, in order."""
    return []


@pytest.fixture
def clock(committing_engine: AsyncEngine, committing_app: FastAPI, recorded: list[str]) -> Iterator[FakeClock]:
    clock = FakeClock(committing_engine, recorded)
    committing_app.dependency_overrides[system_clock] = lambda: RequestClock(clock.monotonic, clock.sleep)
    committing_app.add_middleware(ResponseRecorder, recorded=recorded)

    def committed(_connection: Any) -> None:
        recorded.append("commit")

    event.listen(committing_engine.sync_engine, "commit", committed)
    yield clock
    event.remove(committing_engine.sync_engine, "commit", committed)


@pytest.mark.usefixtures("clock")
async def test_fresh_repeated_and_replayed_registration_wait_alike(
    committing_client: httpx.AsyncClient, recorded: list[str], now: datetime
) -> None:
    for key in ("fresh", "repeated", "repeated"):
        recorded.clear()
        await post_registration(committing_client, registration(now), key=key)
        assert recorded == ["commit", "sleep 5 ms with 0 connections", "response 201"]


@pytest.mark.parametrize(("milliseconds_taken", "milliseconds_slept"), [(0, 5), (3, 2), (5, 0), (9, 0)])
async def test_sleeps_only_the_rest_of_the_minimum(
    committing: Context,
    committing_client: httpx.AsyncClient,
    clock: FakeClock,
    recorded: list[str],
    now: datetime,
    milliseconds_taken: int,
    milliseconds_slept: int,
) -> None:
    assert committing.settings.registration_minimum_milliseconds == 5
    clock.seconds_per_request = milliseconds_taken / 1000
    recorded.clear()
    await post_registration(committing_client, registration(now))
    assert recorded[1] == f"sleep {milliseconds_slept} ms with 0 connections"


@pytest.mark.usefixtures("clock")
async def test_a_refusal_commits_nothing_and_does_not_wait(
    committing_client: httpx.AsyncClient, recorded: list[str], now: datetime
) -> None:
    recorded.clear()
    await post_registration(committing_client, registration(now, phone="12"))
    assert recorded == ["response 422"]
