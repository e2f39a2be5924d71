"""Only one owner at a time; the server of a killed owner is taken over."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from campaigns.kit.embedded.errors import EmbeddedPostgresError
from tests.processes.embedded.servers import Processes, Starter, WaitUntil

OWNER = """
import pathlib, sys, time
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
postgres = EmbeddedPostgres(pathlib.Path(sys.argv[1]))
if len(sys.argv) > 2:
    print("starting", flush=True)
postgres.start()
print(postgres.pid, flush=True)
time.sleep(600)
"""
ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def _killed_owner(*arguments: object) -> Iterator[str]:
    """Start another owner, hand over the first line that it says, and kill it when the block ends."""
    command = [sys.executable, "-c", OWNER, *map(str, arguments)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        try:
            yield owner.stdout.readline() if owner.stdout else ""
        finally:
            owner.kill()


def test_a_second_owner_is_refused(server: Starter, made: Path) -> None:
    first = server()
    first.start()
    second = server()
    with pytest.raises(EmbeddedPostgresError) as refusal:
        second.start()
    assert str(refusal.value) == (
        f"another Jaring (process {os.getpid()}) is using {made}; stop it or choose another DATA directory"
    )
    psycopg.connect(first.conninfo).close()
    first.stop()
    second.start()
    psycopg.connect(second.conninfo).close()


@pytest.mark.usefixtures("made")
def test_a_forked_worker_neither_keeps_the_lock_nor_stops_the_server(server: Starter) -> None:
    postgres = server()
    postgres.start()
    done, tells = os.pipe()
    worker = os.fork()
    if worker == 0:
        postgres.stop()
        os.write(tells, b".")
        time.sleep(600)
        os._exit(0)
    try:
        os.close(tells)
        assert os.read(done, 1) == b"."
        os.close(done)
        psycopg.connect(postgres.conninfo).close()
        postgres.stop()
        postgres.start()
    finally:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)


@pytest.mark.usefixtures("made")
def test_an_orphan_is_taken_over(server: Starter, folder: Path, processes: Processes) -> None:
    with _killed_owner(folder / "pg") as said:
        orphan = int(said)
    assert orphan in processes(folder)
    told: list[tuple[str, dict[str, object]]] = []
    postgres = server(on_event=lambda *event: told.append(event))
    postgres.start()
    assert ("postgres_orphan_stopped", {"pid": orphan}) in told
    assert orphan not in processes(folder)
    psycopg.connect(postgres.conninfo).close()


def test_an_owner_killed_in_its_first_start(server: Starter, folder: Path, wait_until: WaitUntil) -> None:
    with _killed_owner(folder / "pg", "announce"):
        wait_until(lambda: list((folder / "pg").glob("data.new-*/base")))
    assert not (folder / "pg" / "data").exists()
    postgres = server()
    postgres.start()
    psycopg.connect(postgres.conninfo).close()


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("kind", ["living", "zombie"])
def test_a_stranger_with_the_recorded_number_is_left_alone(server: Starter, folder: Path, kind: str) -> None:
    postgres = server()
    postgres.start()
    killed = postgres.pid
    postgres.stop()
    # as the server's own user, since a process of another one does not trouble PostgreSQL
    owner = (folder / "pg" / "data").stat()
    stranger = subprocess.Popen(
        ["/bin/sleep", "60" if kind == "living" else "0"],
        user=owner.st_uid if os.geteuid() == 0 else None,
    )
    if kind == "zombie":
        os.waitid(os.P_PID, stranger.pid, os.WEXITED | os.WNOWAIT)
    pid_file = folder / "pg" / "data" / "postmaster.pid"
    pid_file.write_text(f"{stranger.pid}\n{folder}/pg/data\n1\n5432\n{folder}/pg/run\n\n 0 0\nready   \n")
    os.chown(pid_file, owner.st_uid, owner.st_gid)
    postgres.start()
    assert postgres.pid not in {killed, stranger.pid}
    if kind == "living":
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
