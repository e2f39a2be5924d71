"""Forms of a database's URL, without importing a driver."""

import re
from urllib.parse import urlsplit

_SCHEME = re.compile(r"^postgres(ql)?(\+\w+)?://")


def sqlalchemy_url(url: str) -> str:
    """The URL for SQLAlchemy with the psycopg 3 driver, from any form of `postgresql://`."""
    return _SCHEME.sub("postgresql+psycopg://", url, count=1)


def psycopg_conninfo(url: str) -> str:
    """The same URL for libpq."""
    return _SCHEME.sub("postgresql://", url, count=1)


def display_url(url: str) -> str:
    """The URL's host, port, database and user for messages; without password and options."""
    parts = urlsplit(psycopg_conninfo(url))
    user = f"{parts.username}:***@" if parts.username else ""
    place = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{user}{place}{parts.path}"
