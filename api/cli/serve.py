"""`jaring serve`: starts the database, migrates, fills the demo data and serves; stops in reverse order.

This process is the parent of the embedded PostgreSQL, of the gateways on the public port and of the API processes
behind them; it answers no requests itself.
"""

import http.client
import multiprocessing
import os
import shutil
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import psycopg
import structlog
import typer
from granian.server import MPServer
from sqlalchemy.exc import SQLAlchemyError

from api.cli.api_supervisor import api_processes
from api.cli.database import ServerAway, embedded_directory, has_usable_key, require_schema, require_server, upgrade
from api.cli.demo import data as demo_data
from api.cli.demo.keys import is_empty, load_demo_keys
from api.cli.errors import CommandError
from api.cli.program import command
from api.links.public_url import public_url_advice, serves_the_public
from api.logs.configuration import configure_logging
from api.runtime.public_server import public_server
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.encryption.master_key import MasterKeyError, load_keys, prepare_keys
from campaigns.kit.settings import Settings
from campaigns.links.resolver.snapshot import open_link_snapshot

READY_SECONDS = 60.0
RETRY_SECONDS = 1.0
# Several times what the metrics of all processes take.
ROOM_BYTES = 16_000_000

log = structlog.get_logger("jaring.serve")


def serve_until_stopped(*, demo: bool) -> None:
    """Serve until SIGINT or SIGTERM. If it raises (CommandError and others), nothing is left running."""
    stopping = _Stopping()
    stopping.listen()
    settings = Settings()
    configure_logging(settings.log_level)
    _require_free_port(settings)
    with _database(settings) as (url, answers):
        if answers:
            _prepare(settings, url)
            guide = _guide(settings, url, demo=demo)
        else:
            # Without the key no click token can be signed, and the database would be refused later.
            load_keys(settings.master_key, settings.data)
            guide = _cold_guide(settings)
            threading.Thread(target=_prepare_later, args=(settings, url), daemon=True).start()
        os.environ["JARING_DATABASE_URL"] = url
        with _runtime_folder() as folder, api_processes(settings, folder):
            _serve(settings, guide, stopping, ready_at="/readyz" if answers else "/livez")


class _WakefulEvent(threading.Event):
    """An event whose waiters wake up five times a second.

    The server's main thread waits on it without a timeout, and Python runs signal handlers only when the main thread
    executes bytecode. Without this, one start in twenty (measured) ignored Ctrl-C.
    """

    def wait(self, timeout: float | None = None) -> bool:
        if timeout is not None:
            return super().wait(timeout)
        while not super().wait(0.2):
            pass
        return True


class _Stopping:
    """Ends the process at the first SIGINT or SIGTERM and ignores further ones, so that stopping completes.

    A terminal, make and a supervisor may each send a signal for one Ctrl-C. Before the server runs, the signal raises
    an exception that stops what was started. Afterwards it wakes the server's loop from a separate thread, because
    the interrupted code may hold that loop's lock.
    """

    def __init__(self) -> None:
        self.server: MPServer | None = None
        self.never_ready = False
        self._asked = False

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._asked:
            return
        self._asked = True
        if self.server is None:
            raise SystemExit(128 + number)
        threading.Thread(target=self.server.signal_handler_interrupt).start()


def _require_free_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise CommandError(
                f"Port {settings.port} on {settings.host} cannot be used ({(error.strerror or '').lower()}). Stop the "
                f"program that uses it, or choose another port with PORT= (JARING_PORT)"
            ) from None


@contextmanager
def _database(settings: Settings) -> Iterator[tuple[str, bool]]:
    """The database's URL, and whether it answers. With a snapshot of links the server starts without it."""
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        try:
            require_server(url)
        except ServerAway:
            if not open_link_snapshot(settings.journal_directory).path.exists():
                raise
            yield url, False
        else:
            yield url, True
        return
    server = EmbeddedPostgres(embedded_directory(settings), on_event=lambda event, facts: log.info(event, **facts))
    try:
        server.start()
        yield server.url, True
    finally:
        server.stop()


def _prepare(settings: Settings, url: str) -> None:
    """Migrate, and check that the master key belongs to this database."""
    if settings.migrate_on_start:
        upgrade(url)
    else:
        require_schema(url)
    prepare_keys(psycopg_conninfo(url), settings.master_key, settings.data)


def _prepare_later(settings: Settings, url: str) -> None:
    """Wait for a database that was unreachable at the start, then prepare it; stop if the key does not fit."""
    while True:
        time.sleep(RETRY_SECONDS)
        try:
            require_server(url)
            _prepare(settings, url)
        except (ServerAway, SQLAlchemyError, psycopg.Error, OSError):
            continue
        except (CommandError, MasterKeyError) as error:
            log.critical("database_refused", reason=str(error))
            os.kill(os.getpid(), signal.SIGTERM)
        return


def _cold_guide(settings: Settings) -> str:
    return (
        f"PostgreSQL does not answer. Until it does, Jaring serves only the short links of its last run, on\n"
        f"{settings.short_link_base}, and stores taps in its journal.\n\n"
        "Ctrl-C stops everything."
    )


def _guide(settings: Settings, url: str, *, demo: bool) -> str:
    """The text printed once the server is ready."""
    base = f"{settings.local_url}/"
    lines = [f"Jaring serves on {base}", "", f"  API documentation  {base}docs"]
    if serves_the_public(settings):
        lines.append(f"  Short links        {settings.short_link_base}")
    if demo:
        lines += _demo_guide(settings, url)
    elif not has_usable_key(url):
        lines.append(f"  First key          {command('keys create --role administrator --name you')}")
    if serves_the_public(settings) and (advice := public_url_advice(settings)) is not None:
        log.warning("short_urls_not_for_print", problem=advice.problem, remedy=advice.remedy)
        lines += ["", f"Warning: {advice.problem}.", advice.remedy]
    return "\n".join([*lines, "", "Ctrl-C stops everything."])


def _demo_guide(settings: Settings, url: str) -> list[str]:
    if is_empty(url):
        # Imported for the first start only: importing the domain takes longer than the rest of a later start.
        from api.cli.demo.fill import fill

        fill(settings, url)
    secrets = load_demo_keys(settings)
    if not secrets:
        return ["  (This database has data of its own, so there is no demo.)"]
    link = f"{settings.short_link_base}{demo_data.LINKS[0][0]}"
    return [f"  A short link       {link}", *(f"  Key: {role:<13} {secret}" for role, secret in secrets.items())]


@contextmanager
def _runtime_folder() -> Iterator[Path]:
    """A private folder in memory for the metrics that processes share, and for the sockets of the API.

    Metrics are memory-mapped, and on a full disk writing to them kills the process (SIGBUS). A socket cannot be made
    on a full disk. So neither must be on a disk that the database can fill. The path is short, as a socket's must be.
    """
    memory = "/dev/shm"  # noqa: S108 - the folder made in it is private
    place = memory if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES else None
    with tempfile.TemporaryDirectory(prefix="jaring-", dir=place) as folder:
        metrics = Path(folder) / "metrics"
        metrics.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = os.environ["JARING_METRICS_DIRECTORY"] = str(metrics)
        os.environ["JARING_API_SOCKETS"] = folder
        os.environ["JARING_SERVE_PID"] = str(os.getpid())
        yield Path(folder)


def _serve(settings: Settings, guide: str, stopping: _Stopping, *, ready_at: str) -> None:
    # Workers start as fresh interpreters: a forked copy would share this process' threads and locks.
    multiprocessing.set_start_method("spawn", force=True)
    server = public_server(settings)
    server.main_loop_interrupt = _WakefulEvent()
    stopping.server = server
    # Granian installs its own signal handlers before it calls this hook.
    server.on_startup(stopping.listen)
    threading.Thread(target=_announce, args=(settings, guide, stopping, ready_at), daemon=True).start()
    try:
        server.serve()
    except SystemExit as end:
        # Granian gives up if workers die in quick succession; a supervisor then restarts the whole process.
        log.critical("server_gave_up", exit_code=end.code)
        raise
    if stopping.never_ready:
        raise CommandError(f"The server was not ready within {READY_SECONDS:.0f} s; see the log above")


def _announce(settings: Settings, guide: str, stopping: _Stopping, ready_at: str) -> None:
    """Print the guide as soon as the server is ready; stop everything if it does not become ready."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if _answers(settings, ready_at):
            typer.echo(f"\n{guide}\n")
            return
        time.sleep(0.05)
    if _answers(settings, "/livez"):
        # PostgreSQL went away during the start; links are served from the snapshot.
        typer.echo(f"\n{_cold_guide(settings)}\n")
        return
    stopping.never_ready = True
    os.kill(os.getpid(), signal.SIGTERM)


def _answers(settings: Settings, path: str) -> bool:
    connection = http.client.HTTPConnection(settings.reachable_host, settings.port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
