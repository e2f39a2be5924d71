"""The database a command uses: the configured one, the embedded one, or that of a running `serve`."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from api.cli.errors import CommandError
from campaigns.kit.database.migrations import current_revision, migrate, newest_revision
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
        if current_revision(url) != newest_revision():
            raise CommandError("The database does not have the schema of this version. Run `jaring migrate` first")
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


def migrate_database() -> str:
    """Upgrade the schema; returns the text to print."""
    settings = Settings()
    with reachable_database(settings) as url:
        done = migrate(url)
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
