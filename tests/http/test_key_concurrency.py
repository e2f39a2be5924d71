"""How many requests of one key are answered at a time, and in a minute."""

from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from api.http.context import Context
from api.http.limits.concurrency import Cost, KeyConcurrency
from api.http.limits.rates import RateLimit
from campaigns.access.types import Role
from campaigns.kit.errors import TooManyRequests
from tests.factories.world import World

LIMITS = {Cost.LIGHT: 2, Cost.HEAVY: 1}


def test_a_key_has_a_limit_of_its_own_for_each_cost() -> None:
    running = KeyConcurrency(LIMITS)
    with running.counted("one", Cost.HEAVY), running.counted("one", Cost.LIGHT), running.counted("one", Cost.LIGHT):
        for cost in Cost:
            with pytest.raises(TooManyRequests), running.counted("one", cost):
                pass
            with running.counted("two", cost):
                pass
    with running.counted("one", Cost.HEAVY):
        pass


@pytest.mark.parametrize("path", ["/v1/units", "/v1/links/export"])
async def test_a_place_is_free_again_after_any_answer(
    client: httpx.AsyncClient, app: FastAPI, context: Context, world: World, path: str
) -> None:
    app.state.context = replace(context, running=KeyConcurrency(dict.fromkeys(Cost, 1)))
    for _ in range(3):
        answered = await client.get(path, headers=world.as_role(Role.MARKETER))
        refused = await client.get(f"{path}?campaign_id=x", headers=world.as_role(Role.MARKETER))
        assert (answered.status_code, refused.status_code) in {(200, 200), (200, 422)}


async def test_a_sheet_is_heavy_and_leaves_places_for_other_requests(
    client: httpx.AsyncClient, app: FastAPI, context: Context, world: World
) -> None:
    app.state.context = replace(context, running=KeyConcurrency({Cost.LIGHT: 1, Cost.HEAVY: 0}))
    headers = world.as_role(Role.MARKETER)
    sheet = {"content": b"campaign,source,name\r\n", "headers": {**headers, "Content-Type": "text/csv"}}
    imported = await client.post("/v1/links/import?dry_run=true", **sheet)  # type: ignore[arg-type]
    assert imported.status_code == 429
    assert (await client.get("/v1/links", headers=headers)).status_code == 200


async def test_requests_of_another_key_are_not_counted(
    client: httpx.AsyncClient, app: FastAPI, context: Context, world: World
) -> None:
    running = KeyConcurrency(dict.fromkeys(Cost, 1))
    app.state.context = replace(context, running=running)
    with running.counted("another", Cost.LIGHT):
        answer = await client.get("/v1/units", headers=world.as_role(Role.VIEWER))
    assert answer.status_code == 200


async def test_a_key_has_so_many_requests_a_minute(
    client: httpx.AsyncClient, app: FastAPI, context: Context, world: World
) -> None:
    app.state.context = replace(context, key_rate=RateLimit(per_minute=1, at_once=2))
    answers = [await client.get("/v1/units", headers=world.as_role(Role.VIEWER)) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["type"] == "urn:jaring:problem:too-many-requests"
    assert 50 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert (await client.get("/v1/units", headers=world.as_role(Role.MARKETER))).status_code == 200
