"""Probes and metrics: background loops, and gauges of ended processes."""

import subprocess
import sys
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from api.health.metrics import metrics_text
from api.http.context import CaptureState, Context
from api.http.limits.shared_answer import SharedAnswer
from campaigns.kit.database.engine import make_engine, make_sessions
from campaigns.kit.periodic import Backoff, Loop, PeriodicWork

WRITE_GAUGE = """
from prometheus_client import Gauge
Gauge("jaring_test_gauge", "A test's.", multiprocess_mode="livesum").set(7)
print("set", flush=True)
input()
"""


async def failing(_: datetime) -> None:
    raise OSError


async def test_loops_are_named_with_their_age_and_do_not_decide_whether_a_server_is_ready(
    client: httpx.AsyncClient, app: FastAPI, context: Context
) -> None:
    before = await client.get("/readyz")
    assert (before.status_code, before.json()["loops"]) == (200, [])
    work = PeriodicWork(
        name="journal-drainer",
        run=failing,
        interval_seconds=60,
        first_delay_seconds=0,
        backoff=Backoff(60, 60),
        expected=(OSError,),
    )
    loop = Loop(work)
    loop.failures = 3
    app.state.context = replace(context, loops=[loop])
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")
    (shown,) = answer.json()["loops"]
    assert (shown["name"], shown["failures"]) == ("journal-drainer", 3)
    assert 0 <= shown["age_seconds"] < 60
    metrics = (await client.get("/metrics")).text
    assert 'jaring_loop_last_success_timestamp_seconds{loop="journal-drainer"}' in metrics


async def test_headers_that_a_proxy_takes_off_are_named_and_do_not_decide_either(
    client: httpx.AsyncClient, app: FastAPI, context: Context
) -> None:
    assert (await client.get("/readyz")).json()["stripped_headers"] == []
    app.state.context = replace(
        context, capture=lambda: replace(context.capture(), stripped_headers=["sec-fetch-mode"])
    )
    answer = await client.get("/readyz")
    assert (answer.json()["status"], answer.json()["stripped_headers"]) == ("ready", ["sec-fetch-mode"])


async def test_a_process_with_a_broken_task_is_neither_alive_nor_ready(
    client: httpx.AsyncClient, app: FastAPI, context: Context
) -> None:
    assert (await client.get("/livez")).json() == {"status": "ok", "broken": []}
    app.state.context = replace(context, broken=lambda: ["journal-drainer"])
    answer = await client.get("/livez")
    assert (answer.status_code, answer.json()) == (503, {"status": "broken", "broken": ["journal-drainer"]})
    assert (await client.get("/readyz")).status_code == 503


async def test_taps_that_wait_too_long_for_a_disk_make_a_server_unready(
    client: httpx.AsyncClient, app: FastAPI, context: Context
) -> None:
    def capture() -> CaptureState:
        return CaptureState(direct=True, in_memory=3, in_journal=0, lost=0, oldest_seconds=waited)

    app.state.context = replace(context, capture=capture)
    for waited, status in ((2.9, 200), (3.1, 503)):
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["oldest_tap_seconds"]) == (status, waited)


async def test_a_database_that_commits_nothing_makes_a_server_unready(
    client: httpx.AsyncClient, app: FastAPI, context: Context, own_database: str
) -> None:
    """As one that has become a standby, or has been made read-only."""
    engine = make_engine(own_database, pool_size=1, statement_timeout_seconds=15)
    async with engine.begin() as connection:
        name = (await connection.execute(text("SELECT current_database()"))).scalar_one()
        await connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))
    await engine.dispose()
    app.state.context = replace(context, sessions=make_sessions(engine), database=SharedAnswer())
    answer = await client.get("/readyz")
    await engine.dispose()
    assert (answer.status_code, answer.json()["database"], answer.json()["migrations"]) == (503, "not_committing", "ok")


async def test_however_often_is_asked_the_database_commits_once_a_second(
    client: httpx.AsyncClient, app: FastAPI, context: Context
) -> None:
    opened = 0

    def counted() -> AbstractAsyncContextManager[AsyncSession]:
        nonlocal opened
        opened += 1
        return context.sessions()

    app.state.context = replace(context, sessions=counted, database=SharedAnswer(kept_seconds=3600))
    answers = [await client.get("/readyz") for _ in range(20)]
    assert ({answer.status_code for answer in answers}, opened) == ({200}, 1)


def test_the_gauges_of_dead_processes_are_dropped(tmp_path: Path) -> None:
    environment = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    processes = [
        subprocess.Popen([sys.executable, "-c", WRITE_GAUGE], env=environment, **pipes)  # type: ignore[call-overload]
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == b"set\n"
    assert b"jaring_test_gauge 14.0" in metrics_text(tmp_path)
    processes[0].communicate(b"\n")
    assert b"jaring_test_gauge 7.0" in metrics_text(tmp_path)
    processes[1].communicate(b"\n")
    assert b"jaring_test_gauge " not in metrics_text(tmp_path)
