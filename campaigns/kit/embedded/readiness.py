"""Checks whether a starting server accepts connections, first without connecting."""

from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from campaigns.kit.embedded.processes import pid_file_lines

_FULL = ("too many clients", "connection slots are reserved")


def state(data: Path, pid: int) -> str:
    """Return the state that server `pid` reports: "starting" (also during recovery), "ready", or an empty string."""
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
