"""Probes and metrics: background loops, and gauges of ended processes."""

import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
from fastapi import FastAPI

from api.health.metrics import metrics_text
from api.http.context import Context
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
