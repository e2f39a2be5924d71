"""`jaring restore`: loads what `jaring dump` wrote into an empty database."""

from pathlib import Path

import psycopg

from api.cli.backup.postgres_program import run_program
from api.cli.database import reachable_database, schema_remedy
from api.cli.errors import CommandError
from campaigns.kit.database.migrations import SchemaState, current_revision, schema_state
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.settings import Settings

# Positions of the outbox name transactions of the PostgreSQL that wrote them (docs/decisions/0013).
_FORGET_POSITIONS = "TRUNCATE events, event_cursors"


def restore_database(file: Path) -> str:
    """Load a dump into an empty database, all or nothing; returns what is left to do."""
    if not file.is_file():
        raise CommandError(f"{file} is no file")
    with reachable_database(Settings()) as url:
        if _has_tables(url):
            raise CommandError("The database is not empty. Restore into a new one (JARING_DATA, JARING_DATABASE_URL)")
        run_program(
            "pg_restore", url, "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(file)
        )
        with psycopg.connect(psycopg_conninfo(url)) as connection:
            if connection.execute("SELECT to_regclass('events')").fetchone() != (None,):  # release 0.1 had none
                connection.execute(_FORGET_POSITIONS)
        state = schema_state(current_revision(url))
    left = "" if state is SchemaState.CURRENT else f" {schema_remedy(state)}."
    return f"Restored from {file}. It needs the master key of the database that was dumped.{left}"


def _has_tables(url: str) -> bool:
    of_ours = "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema())"
    with psycopg.connect(psycopg_conninfo(url)) as connection:
        return connection.execute(of_ours).fetchone() == (True,)
