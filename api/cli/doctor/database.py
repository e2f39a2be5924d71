"""What `jaring doctor` finds in the database, without starting one: its schema and its master key."""

from collections.abc import Iterator
from pathlib import Path

import psycopg

from api.cli.database import ServerAway, embedded_directory, require_server, schema_remedy
from api.cli.doctor.types import Diagnosis, failure, warning, well
from api.cli.errors import CommandError
from api.cli.program import command
from campaigns.clicks.header_watch import recently_stripped
from campaigns.kit.database.migrations import SchemaState, current_revision, newest_revision, schema_state
from campaigns.kit.database.url import display_url, psycopg_conninfo
from campaigns.kit.embedded.attach import running_url
from campaigns.kit.embedded.binaries import find_binaries, major_version
from campaigns.kit.embedded.errors import EmbeddedPostgresError
from campaigns.kit.embedded.ownership import recorded_owner
from campaigns.kit.embedded.processes import recorded_pid, serves
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.encryption.master_key import MasterKeyError, check_keys, find_keys
from campaigns.kit.settings import Settings


def check_database(settings: Settings) -> Iterator[Diagnosis]:
    """The database, and if it runs its schema and its key; else the key alone."""
    if settings.database_url is not None:
        yield from _check_configured(settings, settings.database_url.get_secret_value())
    else:
        try:
            yield from _check_embedded(settings, embedded_directory(settings))
        except OSError as error:
            reason = f"{error.filename} cannot be read ({(error.strerror or '').lower()})"
            yield failure("database", reason, remedy="Run this as the account that serves.")


def _check_configured(settings: Settings, url: str) -> Iterator[Diagnosis]:
    try:
        require_server(url)
    except ServerAway as error:
        yield failure("database", str(error), remedy="Start that server, or correct JARING_DATABASE_URL.")
    except CommandError as error:
        yield failure("database", str(error), remedy="docs/operating.md says what a PostgreSQL of your own needs.")
    else:
        yield well("database", display_url(url))
        yield from _check_contents(settings, url)


def _check_embedded(settings: Settings, directory: Path) -> Iterator[Diagnosis]:
    try:
        major = major_version(find_binaries(None))
    except EmbeddedPostgresError as error:
        yield failure("embedded PostgreSQL", str(error), remedy="Run `make run` again, or set JARING_DATABASE_URL.")
        return
    data = directory / "data"
    where = f"embedded PostgreSQL {major} in {directory}"
    pid, owner = recorded_pid(data), recorded_owner(directory)
    url = running_url(directory)
    if pid is None or url is None or not serves(pid, data):
        known = (data / "PG_VERSION").exists()
        yield well("database", f"{where}, " + ("not running" if known else "which the first start makes"))
        yield _check_key_alone(settings, known=known)
        return
    if owner is None:
        yield warning(
            "database",
            f"{where} still runs (process {pid}), though the `serve` that started it was killed",
            remedy=f"The next `{command('serve')}` ends it first; `kill -INT {pid}` ends it now, without loss.",
        )
    else:
        yield well("database", f"{where}, in use by process {owner}")
    yield from _check_contents(settings, url)


def _check_contents(settings: Settings, url: str) -> Iterator[Diagnosis]:
    try:
        current, newest = current_revision(url), newest_revision()
        state = schema_state(current)
        if state is not SchemaState.CURRENT:
            detail = f"at revision {current or 'none'}, this version needs {newest}"
            yield failure("schema", detail, remedy=f"{schema_remedy(state)}.")
            return
        yield well("schema", f"at revision {newest}")
        yield _check_key(settings, psycopg_conninfo(url))
        yield _check_headers(psycopg_conninfo(url))
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        yield failure(
            "database", reason, remedy="The user of JARING_DATABASE_URL must own the database and its tables."
        )


def _check_headers(conninfo: str) -> Diagnosis:
    """Whether a proxy took headers off the taps of the last hour."""
    with psycopg.connect(conninfo, connect_timeout=5) as connection:
        taps, names = recently_stripped(connection)
    if not taps:
        return well("headers of taps", "no proxy takes any off")
    return warning(
        "headers of taps",
        f"a proxy took off {', '.join(names) or 'some'} ({taps} taps in an hour): robots without them count as people",
        remedy="Let the proxy pass on all request headers (docs/operating.md, Taps behind a proxy).",
    )


def _check_key(settings: Settings, conninfo: str) -> Diagnosis:
    keys = _found_keys(settings)
    if isinstance(keys, Diagnosis):
        return keys
    try:
        used = check_keys(conninfo, keys)
    except MasterKeyError:
        return failure(
            "master key",
            f"{_key_source(settings)} is not the key that this database was filled with",
            remedy="Restore that key: no other can read the personal data.",
        )
    if keys is not None:
        return well("master key", f"from {_key_source(settings)}" + (", the database's own" if used else ""))
    if not used:
        return well("master key", f"none yet; the first start makes {settings.data / 'master.key'}")
    return failure(
        "master key",
        f"missing: {settings.data / 'master.key'} does not exist, and the database was filled with a key",
        remedy="Restore the file from its backup, or set JARING_MASTER_KEY. No other key can read the personal data.",
    )


def _check_key_alone(settings: Settings, *, known: bool) -> Diagnosis:
    """The key while the database cannot be asked; `known`: whether there is one."""
    keys = _found_keys(settings)
    if isinstance(keys, Diagnosis):
        return keys
    if keys is not None:
        return well("master key", f"from {_key_source(settings)}")
    if not known:
        return well("master key", f"none yet; the first start makes {settings.data / 'master.key'}")
    return warning(
        "master key",
        f"{settings.data / 'master.key'} does not exist, though there is a database",
        remedy="If a server ever used it, restore the file from its backup, or set JARING_MASTER_KEY.",
    )


def _found_keys(settings: Settings) -> KeyRing | Diagnosis | None:
    try:
        return find_keys(settings.master_key, settings.data)
    except MasterKeyError as error:
        return failure("master key", str(error), remedy="It is 32 bytes in base64: restore it from its backup.")


def _key_source(settings: Settings) -> str:
    return "JARING_MASTER_KEY" if settings.master_key else str(settings.data / "master.key")
