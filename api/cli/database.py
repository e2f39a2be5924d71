"""The database a command uses: the configured one, the embedded one, or that of a running `serve`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from api.cli.errors import CommandError
from api.cli.program import command
from campaigns.kit.database.migrations import SchemaState, current_revision, migrate, newest_revision, schema_state
from campaigns.kit.database.url import display_url, psycopg_conninfo
from campaigns.kit.embedded.attach import running_url
from campaigns.kit.embedded.errors import EmbeddedPostgresError
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.settings import Settings

OLDEST_SERVER = 150000


class ServerAway(CommandError):
    """The configured PostgreSQL does not answer, possibly only for a while."""


def embedded_directory(settings: Settings) -> Path:
    return settings.data / "postgres"


@contextlib.contextmanager
def reachable_database(settings: Settings) -> Iterator[str]:
    """The URL of a reachable database, valid inside the block; raises CommandError or EmbeddedPostgresError."""
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        require_server(url)
        yield url
        return
    directory = embedded_directory(settings)
    server = EmbeddedPostgres(directory)
    try:
        server.start()
    except EmbeddedPostgresError:
        # A running `serve` may have started it already; then use that one.
        url = running_url(directory) or ""
        if not url or not _answers(url):
            raise
        yield url
        return
    try:
        yield server.url
    finally:
        server.stop()


@contextlib.contextmanager
def current_database(settings: Settings) -> Iterator[str]:
    """Like `reachable_database`; also raises CommandError unless the schema is this version's."""
    with reachable_database(settings) as url:
        require_schema(url)
        yield url


def require_server(url: str) -> None:
    """Raise CommandError unless a recent enough PostgreSQL answers at the URL; ServerAway if none answers."""
    try:
        conninfo_to_dict(psycopg_conninfo(url))
    except psycopg.ProgrammingError:
        # libpq's own message contains the URL with its password.
        raise CommandError("JARING_DATABASE_URL must be a URL such as postgresql://user@host/database") from None
    try:
        with psycopg.connect(psycopg_conninfo(url), connect_timeout=5) as connection:
            version = connection.info.server_version
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ServerAway(f"PostgreSQL does not answer at {_shown(url)} (JARING_DATABASE_URL): {reason}") from None
    if version < OLDEST_SERVER:
        raise CommandError(
            f"The server at {_shown(url)} is PostgreSQL {version // 10000}. Jaring needs version 15 or newer"
        )


def schema_remedy(state: SchemaState) -> str:
    """What to do about a schema that is not this version's."""
    if state is SchemaState.UNKNOWN:
        return "A newer version migrated it: run that version, or restore a dump from before"
    return f"Run `{command('migrate')}`"


def require_schema(url: str) -> None:
    """Raise CommandError unless the database has the schema of this version."""
    state = schema_state(current_revision(url))
    if state is not SchemaState.CURRENT:
        raise CommandError(f"The database does not have the schema of this version. {schema_remedy(state)}")


def upgrade(url: str) -> bool:
    """Upgrade the schema; False if it was current. Raises CommandError if it is a newer version's."""
    state = schema_state(current_revision(url))
    if state is SchemaState.UNKNOWN:
        raise CommandError(f"The database does not have the schema of this version. {schema_remedy(state)}")
    return migrate(url)


def has_usable_key(url: str) -> bool:
    """Whether somebody can use the API already, with a key that is neither revoked nor expired."""
    with psycopg.connect(psycopg_conninfo(url), connect_timeout=5) as connection:
        usable = "SELECT EXISTS (SELECT FROM api_keys WHERE revoked_at IS NULL AND expires_at > now())"
        return connection.execute(usable).fetchone() == (True,)


def migrate_database() -> str:
    """Upgrade the schema; returns the text to print."""
    settings = Settings()
    with reachable_database(settings) as url:
        done = upgrade(url)
        return f"{'Migrated to' if done else 'Already at'} revision {newest_revision()}."


def _answers(url: str) -> bool:
    try:
        psycopg.connect(psycopg_conninfo(url), connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


def _shown(url: str) -> str:
    try:
        return display_url(url)
    except Exception:
        return "the configured URL"
