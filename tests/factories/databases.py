"""Separate databases for tests with real commits on several connections, copied from a migrated template."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from psycopg import sql

from campaigns.kit.embedded.supervisor import EmbeddedPostgres


@contextmanager
def copied_database(server: EmbeddedPostgres, template: str) -> Iterator[str]:
    """The URL of a fresh copy, dropped afterwards."""
    name = f"own_{uuid4().hex}"
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*map(sql.Identifier, (name, template))))
    yield server.url.replace("/jaring?", f"/{name}?")
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
