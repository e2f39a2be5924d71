"""The least time of a registration: waited out after the commit, without a connection, for known and unknown alike."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import api.public.minimum_duration
from api.http.context import Context
from tests.factories.intake import post_registration, registration


class Answering:
    """ASGI middleware that notes when an answer begins to be sent."""

    def __init__(self, app: ASGIApp, noted: list[str]) -> None:
        self.app, self.noted = app, noted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.noted.append(f"answer {int(message['status'])}")
            await send(message)

        await self.app(scope, receive, noting)


@pytest.fixture
def happenings(
    committing_engine: AsyncEngine, committing: Context, committing_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """What happened in order: commits that hit the database, waits with the connections then out, answers."""
    noted: list[str] = []
    committing_app.add_middleware(Answering, noted=noted)

    def committed(_connection: Any) -> None:
        noted.append("commit")

    class Waiting:
        """Stands in for asyncio in the module under test."""

        get_running_loop = staticmethod(api.public.minimum_duration.asyncio.get_running_loop)

        @staticmethod
        async def sleep(seconds: float) -> None:
            assert 0 <= seconds <= committing.settings.registration_minimum_milliseconds / 1000
            noted.append(f"wait holding {committing_engine.pool.checkedout()}")  # type: ignore[attr-defined]

    event.listen(committing_engine.sync_engine, "commit", committed)
    monkeypatch.setattr(api.public.minimum_duration, "asyncio", Waiting)
    yield noted
    event.remove(committing_engine.sync_engine, "commit", committed)


async def test_fresh_repeated_and_replayed_registration_wait_alike(
    committing_client: httpx.AsyncClient, happenings: list[str], now: datetime
) -> None:
    for key in ("fresh", "repeated", "repeated"):
        happenings.clear()
        await post_registration(committing_client, registration(now), key=key)
        assert happenings == ["commit", "wait holding 0", "answer 201"]


async def test_a_refusal_commits_nothing_and_does_not_wait(
    committing_client: httpx.AsyncClient, happenings: list[str], now: datetime
) -> None:
    happenings.clear()
    await post_registration(committing_client, registration(now, phone="12"))
    assert happenings == ["answer 422"]
