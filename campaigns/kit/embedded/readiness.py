"""What a server says of itself: whether it accepts connections, asked without connecting first, or is shutting down."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from campaigns.kit.embedded.processes import pid_file_lines

# After SIGTERM a server takes no new connections and ends when the last client has left. Our pools never leave.
CLIENTS_SECONDS = 2.0

_FULL = ("too many clients", "connection slots are reserved")


def state(data: Path, pid: int) -> str:
    """Return what server `pid` reports: "starting" (also during recovery), "ready", "stopping", or an empty string."""
    lines = pid_file_lines(data)
    return lines[7] if len(lines) > 7 and lines[0] == str(pid) else ""


def refusal(conninfo: str) -> str:
    """Return why the server takes no connection, or an empty string when it does.

    A server with no free connection counts as ready: after a restart the application's pools may have taken all.
    """
    try:
        psycopg.connect(make_conninfo(conninfo, dbname="postgres"), connect_timeout=2).close()
    except psycopg.OperationalError as error:
        text = " ".join(str(error).split())
        return "" if any(part in text for part in _FULL) else text
    return ""


def ensure_database(conninfo: str, name: str) -> None:
    """Create the database `name` unless it is there; `name` is ours, never a user's."""
    with psycopg.connect(make_conninfo(conninfo, dbname="postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def shutdown_limit(
    child: subprocess.Popen[bytes], data: Path, *, end: Callable[[subprocess.Popen[bytes]], object]
) -> Callable[[], None]:
    """A function to call now and then; it calls `end` when the server has been shutting down for CLIENTS_SECONDS."""
    since: float | None = None

    def look() -> None:
        nonlocal since
        if state(data, child.pid) != "stopping":
            since = None
        elif since is None:
            since = time.monotonic()
        elif time.monotonic() - since > CLIENTS_SECONDS:
            end(child)

    return look
