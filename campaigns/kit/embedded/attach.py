"""Finds the embedded server of a running `serve`, so that other commands can use it."""

from pathlib import Path
from urllib.parse import quote

from campaigns.kit.embedded import cluster

_PORT_LINE, _SOCKET_LINE, _STATUS_LINE = 3, 4, 7


def running_url(directory: Path) -> str | None:
    """The URL of the server on `directory`, from its `postmaster.pid`; None if no server there is ready."""
    try:
        lines = (directory / "data" / "postmaster.pid").read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    if len(lines) <= _STATUS_LINE or lines[_STATUS_LINE].strip() != "ready":
        return None
    host, port = quote(lines[_SOCKET_LINE].strip()), lines[_PORT_LINE].strip()
    return f"postgresql+psycopg://{cluster.NAME}@/{cluster.NAME}?host={host}&port={port}"
