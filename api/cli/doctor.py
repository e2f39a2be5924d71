"""`jaring doctor`: checks the set-up part by part."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass

from api.cli.database import embedded_directory, reachable_database
from api.cli.errors import CommandError
from campaigns.kit.database.migrations import current_revision, newest_revision
from campaigns.kit.database.url import display_url, psycopg_conninfo
from campaigns.kit.embedded.attach import running_url
from campaigns.kit.embedded.binaries import find_binaries, major_version
from campaigns.kit.embedded.errors import EmbeddedPostgresError
from campaigns.kit.encryption.master_key import MasterKeyError, check_keys, find_keys
from campaigns.kit.files.private import open_to_others
from campaigns.kit.settings import Settings

# Files that one diagnosis names.
MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class Diagnosis:
    part: str
    well: bool
    detail: str


def run_checks() -> Iterator[Diagnosis]:
    """A diagnosis per part, in the order in which `serve` needs them; stops where nothing further can be checked."""
    settings = Settings()
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Diagnosis("python", sys.version_info >= (3, 11), version)
    yield Diagnosis("data folder", True, str(settings.data.resolve()))
    yield _check_private(settings)
    if settings.database_url is None:
        try:
            yield Diagnosis("embedded PostgreSQL", True, f"version {major_version(find_binaries(None))}")
        except EmbeddedPostgresError as error:
            yield Diagnosis("embedded PostgreSQL", False, str(error))
            return
    try:
        with reachable_database(settings) as url:
            yield Diagnosis("database", True, _where(settings, url))
            yield from _check_contents(settings, url)
    except (CommandError, EmbeddedPostgresError) as error:
        yield Diagnosis("database", False, str(error))


def _check_private(settings: Settings) -> Diagnosis:
    """Whether what holds secrets or taps can be read by other accounts of the machine."""
    journal = settings.journal_directory
    postgres = embedded_directory(settings)
    found = open_to_others(
        [
            settings.data,
            settings.data / "master.key",
            settings.data / "demo-keys.json",
            postgres / "data",
            postgres / "server.log",
            journal,
            *(journal.iterdir() if journal.is_dir() else ()),
        ]
    )
    if not found:
        return Diagnosis("private files", True, "no other account can read them")
    named = ", ".join(map(str, found[:MAX_NAMED])) + (", …" if len(found) > MAX_NAMED else "")
    return Diagnosis(
        "private files", False, f"other accounts can read or write {named}; take their rights with chmod go-rwx"
    )


def _where(settings: Settings, url: str) -> str:
    if settings.database_url is not None:
        return display_url(url)
    running = running_url(embedded_directory(settings)) == url
    return f"embedded, in {embedded_directory(settings)}" + (" (in use by a running server)" if running else "")


def _check_contents(settings: Settings, url: str) -> Iterator[Diagnosis]:
    current, newest = current_revision(url), newest_revision()
    yield Diagnosis("schema", current == newest, f"at {current or 'nothing'}, this version needs {newest}")
    if current != newest:
        return
    try:
        keys = load_keys(settings.master_key, settings.data)
        check_master_key(psycopg_conninfo(url), keys)
    except MasterKeyError as error:
        yield Diagnosis("master key", False, str(error))
    else:
        source = "JARING_MASTER_KEY" if settings.master_key else str(settings.data / "master.key")
        yield Diagnosis("master key", True, f"from {source}, and the database's own")
