"""A first start creates a database, a second finds it, and only the owner can connect."""

import contextlib
import logging
import os
import signal
import stat
import threading
import time
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from campaigns.kit.embedded.errors import EmbeddedPostgresError
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from tests.processes.embedded.servers import Processes, Starter

logger = logging.getLogger(__name__)
DEBIAN = Path("/usr/lib/postgresql/15/bin")
BINARIES = [
    pytest.param(None, id="wheel"),
    pytest.param(DEBIAN, id="debian-15", marks=pytest.mark.skipif(not DEBIAN.is_dir(), reason="absent")),
]


def _engine(postgres: EmbeddedPostgres) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine(postgres.url, poolclass=sqlalchemy.NullPool)


@pytest.mark.parametrize("binaries", BINARIES)
def test_data_outlives_a_stop(server: Starter, folder: Path, binaries: Path | None) -> None:
    began = time.monotonic()
    first = server(binaries=binaries)
    first.start()
    logger.info("first start: %.2f s", time.monotonic() - began)
    with psycopg.connect(first.conninfo) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 'Ayu' AS name")
    first.stop()
    began = time.monotonic()
    second = server(binaries=binaries)
    second.start()
    logger.info("second start: %.2f s", time.monotonic() - began)
    with _engine(second).connect() as connection:
        assert connection.exec_driver_sql("SELECT name FROM kept").scalar_one() == "Ayu"
    assert [path.name for path in (folder / "pg").glob("data*")] == ["data"]


@pytest.mark.usefixtures("made")
def test_settings(server: Starter) -> None:
    postgres = server()
    postgres.start()
    wanted = {
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length_on_error": "0",
    }
    with psycopg.connect(postgres.conninfo) as connection:
        query = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"
        assert dict(connection.execute(query, [list(wanted)]).fetchall()) == wanted
        assert connection.execute("SELECT count(*) FROM pg_hba_file_rules").fetchone() == (1,)


def test_the_private_socket_is_the_only_way_in(server: Starter, made: Path) -> None:
    postgres = server()
    postgres.start()
    run = made / "run"
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert (run / ".s.PGSQL.5432").is_socket()
    if Path("/proc/net/tcp").exists():
        sockets = {os.readlink(link) for link in Path(f"/proc/{postgres.pid}/fd").iterdir()}
        tcp = "".join(Path(f"/proc/net/{table}").read_text() for table in ("tcp", "tcp6"))
        inodes = {line.split()[9] for line in tcp.splitlines() if ":" in line}
        assert not {f"socket:[{inode}]" for inode in inodes} & sockets
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(postgres.conninfo, user="postgres")


@pytest.mark.usefixtures("made")
def test_nothing_of_ours_is_inherited(server: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JARING_SECRET", "canary")
    monkeypatch.setenv("PGPORT", "6543")
    postgres = server()
    postgres.start()
    process = Path(f"/proc/{postgres.pid}")
    if not process.exists():
        pytest.skip("needs /proc")
    assert b"canary" not in (process / "environ").read_bytes()
    assert not [link for link in (process / "fd").iterdir() if os.readlink(link).endswith("owner.lock")]
    assert postgres.pid is not None
    assert os.getsid(postgres.pid) == postgres.pid
    assert f"PPid:\t{os.getpid()}\n" in (process / "status").read_text()
    _engine(postgres).connect().close()


def test_personal_data_never_reaches_the_log(server: Starter, made: Path) -> None:
    postgres = server()
    postgres.start()
    with psycopg.connect(postgres.conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE person (name text PRIMARY KEY CHECK (length(name) > 5), age int)")
        connection.execute("INSERT INTO person VALUES ('canary@example.test')")
        for statement, values in (
            ("INSERT INTO person VALUES ('canary@example.test')", None),
            ("INSERT INTO person VALUES (%s, 1)", ["canary@example.test"]),
            ("INSERT INTO person VALUES ('another', 'canary')", None),
            ("SELECT %s::int", ["canary"]),
            ("DO $$ BEGIN RAISE WARNING 'canary'; END $$", None),
            ("canary", None),
        ):
            with contextlib.suppress(psycopg.Error):
                connection.execute(statement, values)
    postgres.stop()
    assert "canary" not in (made / "server.log").read_text()


def test_the_log_is_kept_small(server: Starter, made: Path) -> None:
    postgres = server()
    postgres.start()
    postgres.stop()
    log = made / "server.log"
    with log.open("ab") as file:
        file.truncate(20_000_000)
    server().start()
    assert log.stat().st_size < 10_000
    assert log.with_name("server.log.1").stat().st_size == 20_000_000


def test_stop_may_come_twice_and_leaves_nothing(server: Starter, folder: Path, processes: Processes) -> None:
    told: list[str] = []
    postgres = server(on_event=lambda name, _facts: told.append(name))
    postgres.stop()
    postgres.start()
    postgres.start()
    assert postgres.pid in processes(folder)
    postgres.stop()
    postgres.stop()
    assert not postgres.pid
    assert processes(folder) == []
    assert told == ["postgres_initialised", "postgres_started", "postgres_stopped"]
    with pytest.raises(EmbeddedPostgresError, match="not running"):
        _ = postgres.url


@pytest.mark.parametrize("seconds", [0.1, 0.5])
def test_stop_during_start(server: Starter, folder: Path, processes: Processes, seconds: float) -> None:
    postgres = server()
    stopper = threading.Timer(seconds, postgres.stop)
    stopper.start()
    _start_or_stopped(postgres)
    stopper.join()
    assert (postgres.pid, processes(folder)) == (None, [])
    assert not list((folder / "pg").glob("data.new-*"))


@pytest.mark.parametrize("seconds", [0.005, 0.02, 0.04, 0.06])
def test_stop_by_a_signal_in_the_middle_of_start(
    server: Starter, made: Path, processes: Processes, seconds: float
) -> None:
    postgres = server()
    stopped = threading.Event()

    def stop(*_: object) -> None:
        postgres.stop()
        stopped.set()

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    _start_or_stopped(postgres)
    stopped.wait()
    signal.signal(signal.SIGALRM, before)
    postgres.stop()
    assert (postgres.pid, processes(made)) == (None, [])
    postgres.start()
    psycopg.connect(postgres.conninfo).close()


def _start_or_stopped(postgres: EmbeddedPostgres) -> None:
    """Start; where stop() came first, that must be what the error says."""
    said = "was stopped while it was starting"
    try:
        postgres.start()
    except EmbeddedPostgresError as error:
        said = str(error)
    assert "was stopped while it was starting" in said


@pytest.mark.parametrize("name", ["a" * 100, "comma, quote' and colon:", "kampanye ünïkød"])
def test_awkward_paths(server: Starter, made: Path, folder: Path, name: str) -> None:
    made.rename(folder / name)
    postgres = server(folder / name)
    postgres.start()
    psycopg.connect(postgres.conninfo).close()
    _engine(postgres).connect().close()
    socket_folder = Path(str(psycopg.conninfo.conninfo_to_dict(postgres.conninfo)["host"]))
    assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
    postgres.stop()
    assert socket_folder.exists() == (socket_folder.parent == folder / name)


def test_a_strangers_socket_folder_is_refused(server: Starter, made: Path, folder: Path) -> None:
    made.rename(folder / ("a" * 100))
    postgres = server(folder / ("a" * 100))
    postgres.start()
    socket_folder = Path(str(psycopg.conninfo.conninfo_to_dict(postgres.conninfo)["host"]))
    postgres.stop()
    socket_folder.symlink_to(folder)
    try:
        with pytest.raises(EmbeddedPostgresError, match="belongs to another user"):
            postgres.start()
    finally:
        socket_folder.unlink(missing_ok=True)


def test_half_made_data_is_removed(server: Starter, made: Path) -> None:
    left = made / "data.new-killed"
    left.mkdir()
    (left / "PG_VERSION").write_text("18\n")
    server().start()
    assert not left.exists()
