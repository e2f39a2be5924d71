"""Spellings of a database's URL, without loading anything that speaks to one."""

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"^postgres(ql)?(\+\w+)?://")


def sqlalchemy_url(url: str) -> str:
    """The URL with the psycopg 3 driver named, whatever spelling of `postgresql://` came in."""
    return _SCHEME.sub("postgresql+psycopg://", url, count=1)


def psycopg_conninfo(url: str) -> str:
    """The same URL as libpq understands it."""
    return _SCHEME.sub("postgresql://", url, count=1)


def display_url(url: str) -> str:
    """The URL's host, port, database and user, for messages; never its password or options."""
    parts = urlsplit(psycopg_conninfo(url))
    user = f"{parts.username}:***@" if parts.username else ""
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{user}{place}{parts.path}"
