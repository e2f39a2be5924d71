"""A killed server is restarted automatically, with every acknowledged row."""

import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import psycopg
import pytest

from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from tests.processes.embedded.servers import Processes, Starter, WaitUntil

pytestmark = pytest.mark.usefixtures("made")
COMPUTING = (
    "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND datname IS NOT NULL"
)


def kill(postgres: EmbeddedPostgres) -> None:
    assert postgres.pid is not None
    os.kill(postgres.pid, signal.SIGKILL)


def runs_again(postgres: EmbeddedPostgres, killed: int | None) -> bool:
    return postgres.pid not in {None, killed}


def test_kill_9_under_load_twice(server: Starter, wait_until: WaitUntil) -> None:
    postgres = server()
    postgres.start()
    with psycopg.connect(postgres.conninfo) as connection:
        connection.execute("CREATE TABLE click (id text PRIMARY KEY)")
    acknowledged: list[str] = []
    done = threading.Event()

    def insert(worker: int) -> None:
        number = 0
        while not done.is_set():
            try:
                with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
                    while not done.is_set():
                        number += 1
                        connection.execute("INSERT INTO click VALUES (%s)", [f"{worker}-{number}"])
                        acknowledged.append(f"{worker}-{number}")
            except psycopg.OperationalError:
                time.sleep(0.01)

    workers = [threading.Thread(target=insert, args=[worker]) for worker in range(4)]
    for worker in workers:
        worker.start()

    def wait_for_more(number: int) -> None:
        enough = len(acknowledged) + number
        wait_until(lambda: len(acknowledged) >= enough)

    for _ in range(2):
        wait_for_more(200)
        killed = postgres.pid
        kill(postgres)
        wait_until(partial(runs_again, postgres, killed))
        wait_for_more(1)
    done.set()
    for worker in workers:
        worker.join()
    with psycopg.connect(postgres.conninfo) as connection:
        stored = {row[0] for row in connection.execute("SELECT id FROM click")}
    assert set(acknowledged) - stored == set()


def test_a_server_that_waits_for_its_clients_to_leave_is_restarted(server: Starter, wait_until: WaitUntil) -> None:
    """SIGTERM: it takes no new connections, and pools never leave."""
    postgres = server()
    postgres.start()
    stopped = postgres.pid
    assert stopped is not None
    with psycopg.connect(postgres.conninfo, autocommit=True) as client:
        os.kill(stopped, signal.SIGTERM)
        wait_until(partial(runs_again, postgres, stopped))
        with pytest.raises(psycopg.OperationalError):
            client.execute("SELECT 1")
    wait_until(partial(answers, postgres))


def answers(postgres: EmbeddedPostgres) -> bool:
    try:
        psycopg.connect(postgres.conninfo).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_busy_backend_does_not_hold_the_restart_up(server: Starter, wait_until: WaitUntil) -> None:
    told: list[str] = []
    postgres = server(on_event=lambda name, _facts: told.append(name))
    postgres.start()
    connection = psycopg.connect(postgres.conninfo, autocommit=True)

    def compute() -> None:
        try:
            connection.execute("SELECT count(*) FROM generate_series(1, 100000000000) AS n")
        except psycopg.OperationalError:
            return

    busy = threading.Thread(target=compute)
    busy.start()
    with psycopg.connect(postgres.conninfo, autocommit=True) as other:
        wait_until(lambda: other.execute(COMPUTING).fetchone())
    kill(postgres)
    wait_until(lambda: told.count("postgres_started") == 2)
    busy.join()


def test_stop_during_back_off(server: Starter, folder: Path, processes: Processes, wait_until: WaitUntil) -> None:
    told: list[tuple[str, dict[str, object]]] = []
    postgres = server(on_event=lambda *event: told.append(event))
    postgres.start()
    control = folder / "pg" / "data" / "global" / "pg_control"
    hidden = control.rename(folder / "pg_control")
    kill(postgres)
    wait_until(lambda: sum(name == "postgres_died" for name, _ in told) >= 5)
    postgres.stop()
    assert (postgres.pid, processes(folder)) == (None, [])
    deaths = [facts for name, facts in told if name == "postgres_died"]
    assert [facts["retry_in_seconds"] for facts in deaths[:5]] == [0.0, 0.1, 0.2, 0.4, 0.8]
    assert deaths[0]["reason"] == "killed by SIGKILL"
    assert "pg_control" in str(deaths[1]["reason"])
    hidden.rename(control)
    postgres.start()
    psycopg.connect(postgres.conninfo).close()


def test_a_fault_in_the_event_handler_does_no_harm(server: Starter, wait_until: WaitUntil) -> None:
    def fail(_name: str, _facts: dict[str, object]) -> None:
        raise RuntimeError

    postgres = server(on_event=fail)
    postgres.start()
    killed = postgres.pid
    assert killed is not None
    os.kill(killed, signal.SIGTERM)
    os.kill(killed, signal.SIGKILL)
    wait_until(partial(runs_again, postgres, killed))
