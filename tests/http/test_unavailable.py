"""Requests that the database does not answer, or not in time."""

from dataclasses import replace
from datetime import datetime

import httpx
import psycopg
from fastapi import FastAPI

from api.http.context import Context
from campaigns.access.types import Role
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.database.url import psycopg_conninfo
from tests.factories.world import World, build_world

NOWHERE = "postgresql://127.0.0.1:1/none"


async def test_an_unavailable_database_is_to_be_asked_again_later(
    client: httpx.AsyncClient, app: FastAPI, context: Context, world: World
) -> None:
    engine = make_engine(NOWHERE, pool_size=1, statement_timeout_seconds=15)
    app.state.context = replace(context, sessions=make_sessions(engine))
    answer = await client.get("/v1/units", headers=world.as_role(Role.VIEWER))
    await engine.dispose()
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:jaring:problem:database-unavailable")
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_query_that_takes_too_long_is_to_ask_for_less(
    client: httpx.AsyncClient, app: FastAPI, context: Context, own_database: str, now: datetime
) -> None:
    engine = make_engine(own_database, pool_size=1, statement_timeout_seconds=15)
    async with make_sessions(engine)() as session, session.begin():
        world = await build_world(session, now=now)
    await engine.dispose()
    engine = make_engine(own_database, pool_size=1, statement_timeout_seconds=0.2)
    app.state.context = replace(context, sessions=make_sessions(engine))
    async with await psycopg.AsyncConnection.connect(psycopg_conninfo(own_database)) as blocker:
        # The request's first statement waits for this until its time is over.
        await blocker.execute("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE")
        answer = await client.get("/v1/units", headers=world.as_role(Role.VIEWER))
    await engine.dispose()
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:jaring:problem:query-too-slow")
    assert "Retry-After" not in answer.headers  # the same request would be as slow again
