"""Runs an embedded PostgreSQL as a child of this process and keeps it running.

The command line starts one before the application, hands its `url` on, and stops it last. `cluster` has the
data directory, `identity` the account it runs as, `processes` what a killed owner or server leaves behind.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import psycopg
from psycopg.conninfo import make_conninfo

from campaigns.kit.embedded import cluster, ownership, processes, readiness, server_log, sockets
from campaigns.kit.embedded.binaries import find_binaries, major_version
from campaigns.kit.embedded.errors import EmbeddedPostgresError, unusable
from campaigns.kit.embedded.identity import (
    Identity,
    hand_over,
    launch,
    python_account,
    resolve_identity,
    server_account,
)

FIRST_TRIES = 3
READY_SECONDS = 60.0
POLL_SECONDS = 0.02
HEALTHY_SECONDS = 1.0  # after running this long, a crash starts the pauses from the beginning
PAUSES = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0)  # seconds before each restart in a row; the last repeats

_STOPPED = "the embedded PostgreSQL was stopped while it was starting"
_Part = TypeVar("_Part")
EventHandler = Callable[[str, dict[str, object]], None]


class _ServerDiedError(Exception):
    """The server ended before it took connections; the text is its reason."""


def _ignore(_name: str, _facts: dict[str, object]) -> None:
    pass


class EmbeddedPostgres:
    """A PostgreSQL server of our own on `directory`, reached through a private socket.

    `on_event` gets a name and its facts, from the calling thread or, after a death, from the supervising one:
    postgres_initialised, postgres_orphan_stopped, postgres_started, postgres_died, postgres_stopped.
    `binaries` is a folder of PostgreSQL programs to use in place of the installed ones.
    """

    def __init__(
        self,
        directory: Path,
        *,
        on_event: EventHandler = _ignore,
        binaries: Path | None = None,
    ) -> None:
        self._directory = Path(os.path.realpath(directory))
        self._data = self._directory / "data"
        self._log = self._directory / "server.log"
        self._on_event = on_event
        self._override = binaries
        # Reentrant locks and a plain flag: a signal handler may call stop() in the middle of our own start().
        self._lifecycle = threading.RLock()  # one start or stop at a time
        self._spawning = threading.RLock()  # stop() either sees a child or prevents it
        self._stopping = False
        self._owner = 0
        self._lock: int | None = None
        self._identity: Identity | None = None
        self._command: list[str] = []
        self._socket_folder: Path | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._log_offset = 0
        self._watcher: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id, or None while there is none."""
        child = self._child
        return child.pid if child and child.poll() is None else None

    @property
    def conninfo(self) -> str:
        """Where the server is, for psycopg."""
        host, port = str(_known(self._socket_folder)), sockets.PORT
        return make_conninfo(host=host, port=port, user=cluster.NAME, dbname=cluster.NAME)

    @property
    def url(self) -> str:
        """Where the server is, for SQLAlchemy."""
        # The port is given because PGPORT in the environment would else name another socket.
        host, port = quote(str(_known(self._socket_folder))), sockets.PORT
        return f"postgresql+psycopg://{cluster.NAME}@/{cluster.NAME}?host={host}&port={port}"

    def start(self) -> None:
        """Return when the server takes connections; EmbeddedPostgresError leaves nothing running."""
        with self._lifecycle:
            if self._watcher is not None:
                return
            self._stopping, self._owner = False, os.getpid()
            try:
                self._prepare()
                self._start_first()
            except BaseException as error:
                stopped = self._stopping
                self._end()
                if stopped and isinstance(error, Exception):
                    raise EmbeddedPostgresError(_STOPPED) from error
                if isinstance(error, OSError):
                    raise unusable(error, self._directory) from error
                if isinstance(error, psycopg.Error):
                    said = " ".join(str(error).split())
                    raise EmbeddedPostgresError(f"PostgreSQL started but refused us: {said}") from error
                raise

    def stop(self) -> None:
        """Shut the server down and return when it is gone; may be called at any time and more than once."""
        if self._owner not in {0, os.getpid()}:
            return  # a forked copy is not the server's parent
        self._stopping = True
        with self._lifecycle:
            self._end()

    def _prepare(self) -> None:
        client = python_account()
        binaries = find_binaries(self._override)
        major = major_version(binaries)
        self._lock = ownership.claim(self._directory)
        cluster.discard_partial(self._directory)
        account = server_account(self._data)
        if os.geteuid() == 0:
            os.fchown(self._lock, account.uid, account.gid)
        fresh = cluster.needs_initdb(self._data, major=major)
        self._socket_folder = sockets.prepare_socket_folder(self._directory, account)
        folders = [self._directory, self._socket_folder]
        if not fresh:
            hand_over(self._data, account)
            folders.append(self._data)
        self._identity = resolve_identity(account, binaries=binaries, folders=folders)
        if fresh:
            began = time.monotonic()
            cluster.create_cluster(
                self._data,
                binaries=binaries,
                identity=self._identity,
                major=major,
                stopping=lambda: self._stopping,
            )
            self._tell("postgres_initialised", seconds=time.monotonic() - began, major=major)
        cluster.configure(self._data, identity=self._identity, client=client.name or "")
        self._command = cluster.server_command(
            self._data, binaries=binaries, socket_folder=self._socket_folder, port=sockets.PORT
        )

    def _start_first(self) -> None:
        # More than one try, since backends of a killed server may hold its shared memory a little longer.
        for attempt in range(1, FIRST_TRIES + 1):
            try:
                self._spawn()
                break
            except _ServerDiedError as died:
                if attempt == FIRST_TRIES:
                    raise EmbeddedPostgresError(
                        f"PostgreSQL could not start on {self._data}: {died} (more in {self._log})"
                    ) from None
            self._pause(0.2 * attempt)
        readiness.ensure_database(self.conninfo, cluster.NAME)
        self._watcher = threading.Thread(target=self._watch, name="embedded-postgres", daemon=True)
        self._watcher.start()

    def _spawn(self) -> None:
        """Start a server and return when it takes connections."""
        began = time.monotonic()
        orphan = processes.clear_the_way(self._data)
        if orphan is not None:
            self._tell("postgres_orphan_stopped", pid=orphan)
        sockets.clear_sockets(_known(self._socket_folder))
        identity = _known(self._identity)
        owner = (identity.account.uid, identity.account.gid) if os.geteuid() == 0 else None
        with self._spawning:
            self._check_stopping()
            with server_log.opened(self._log, owner) as log:
                self._log_offset = server_log.size(self._log)
                child = self._child = launch(identity, self._command, output=log)
        self._await_ready(child)
        self._tell("postgres_started", pid=child.pid, seconds=time.monotonic() - began)

    def _await_ready(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        refusal = ""
        while True:
            self._check_stopping()
            if child.poll() is not None:
                raise _ServerDiedError(self._last_words(child))
            state = readiness.state(self._data, child.pid)
            if state == "ready":
                refusal = readiness.refusal(self.conninfo)
                if not refusal:
                    return
            if state == "starting":  # recovery after a crash takes as long as it takes
                deadline = time.monotonic() + READY_SECONDS
            elif time.monotonic() > deadline:
                raise EmbeddedPostgresError(
                    f"PostgreSQL runs on {self._data} but took no connection within {READY_SECONDS:.0f} s: "
                    f"{refusal or 'no answer'} (more in {self._log})"
                )
            time.sleep(POLL_SECONDS)

    def _watch(self) -> None:
        """Wait for the server's death and start another one, until stop()."""
        in_a_row, reason = 0, ""
        ready_at = time.monotonic()
        while (child := self._child) is not None:
            limit = readiness.shutdown_limit(child, self._data, end=_end_child)
            code = processes.wait_for_end(child, [limit, partial(server_log.cut, self._log)])
            if self._stopping:
                return
            if not reason and time.monotonic() - ready_at >= HEALTHY_SECONDS:
                in_a_row = 0
            pause = PAUSES[min(in_a_row, len(PAUSES) - 1)]
            in_a_row += 1
            reason = reason or self._last_words(child)
            self._tell("postgres_died", exit_code=code, reason=reason, retry_in_seconds=pause)
            self._pause(pause)
            if self._stopping:
                return
            reason = self._spawn_again()
            ready_at = time.monotonic()

    def _spawn_again(self) -> str:
        """Start a server and return an empty string, or the reason why it does not serve."""
        try:
            self._spawn()
        except Exception as error:  # any error: a supervisor that ends would be worse
            child = self._child
            if child is not None and not self._stopping:  # a server that refuses connections is useless
                _end_child(child)
            return str(error) or type(error).__name__
        return ""

    def _end(self) -> None:
        """Leave nothing running and nothing locked."""
        self._stopping = True
        with self._spawning:
            child = self._child
        if child is not None:
            _end_child(child)
            if child.returncode != 0:  # killed: its backends were not told to end
                with contextlib.suppress(OSError):
                    processes.clear_the_way(self._data)
        watcher = self._watcher
        if watcher is not None and watcher is not threading.current_thread():
            watcher.join(timeout=60)
        if self._socket_folder is not None:
            sockets.remove_socket_folder(self._socket_folder, self._directory)
        if self._lock is not None:
            ownership.release(self._lock)
        self._watcher = self._child = self._socket_folder = self._lock = None
        if child is not None:
            self._tell("postgres_stopped", exit_code=child.returncode)

    def _check_stopping(self) -> None:
        if self._stopping:
            raise EmbeddedPostgresError(_STOPPED)

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not self._stopping and (left := end - time.monotonic()) > 0:
            time.sleep(min(POLL_SECONDS, left))

    def _last_words(self, child: subprocess.Popen[bytes]) -> str:
        code = child.returncode
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return f"killed by {signal.Signals(-code).name}"
        return server_log.reason_since(self._log, self._log_offset) or f"it ended with exit code {code}"

    def _tell(self, name: str, **facts: object) -> None:
        with contextlib.suppress(Exception):  # an error in a report must not take the database down
            self._on_event(name, facts)


def _known(part: _Part | None) -> _Part:
    if part is None:
        raise EmbeddedPostgresError("the embedded PostgreSQL is not running")
    return part


def _end_child(child: subprocess.Popen[bytes]) -> None:
    processes.end(child.send_signal, lambda: child.poll() is None)
