"""Finding the master key: the setting's or the file's, and the one that the database was filled with.

A key is made for a database that has none, and never beside one that was filled with another: a backup would keep the
wrong key.
"""

import hashlib
import os
from pathlib import Path

import psycopg
from pydantic import SecretStr

from campaigns.kit.encryption.cipher import KeyRing, derive_keys, new_master_key
from campaigns.kit.files.durable import sync_to_disk
from campaigns.kit.files.private import make_folder


class MasterKeyError(Exception):
    """The master key is missing, malformed or not the database's; the text is one sentence for the operator."""


def load_keys(configured: SecretStr | None, directory: Path) -> KeyRing:
    """The key ring from the setting, else from `<directory>/master.key`; raises MasterKeyError if there is neither."""
    keys = find_keys(configured, directory)
    if keys is None:
        raise MasterKeyError(
            f"The master key is missing: {directory / 'master.key'} does not exist and JARING_MASTER_KEY is not set. "
            "Restore that file from its backup, or set JARING_MASTER_KEY. Nothing was written."
        )
    return keys


def find_keys(configured: SecretStr | None, directory: Path) -> KeyRing | None:
    """Like `load_keys`, but None if there is neither."""
    if configured is not None:
        return _key_ring(configured.get_secret_value(), source="JARING_MASTER_KEY")
    path = directory / "master.key"
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error) from None
    except UnicodeDecodeError:
        text = ""
    return _key_ring(text, source=str(path))


def prepare_keys(conninfo: str, configured: SecretStr | None, directory: Path) -> KeyRing:
    """The key ring that the database was filled with; a database without one gets one, which is made if absent.

    The schema must be this version's. Raises MasterKeyError if the key is missing, cannot be used or is another one.
    """
    with psycopg.connect(conninfo, connect_timeout=5) as connection:
        recorded = _recorded(connection)
        if recorded is None:
            # Whoever comes second waits here, and then finds the fingerprint of the first.
            connection.execute("LOCK TABLE key_checks IN SHARE ROW EXCLUSIVE MODE")
            recorded = _recorded(connection)
        if recorded is not None:
            keys = load_keys(configured, directory)
            _require_same(keys, recorded)
            return keys
        # The file is on the disk before its fingerprint is committed.
        keys = find_keys(configured, directory) or _make_keys(directory)
        connection.execute("INSERT INTO key_checks (id, fingerprint) VALUES (1, %s)", (_fingerprint(keys),))
        return keys


def check_keys(conninfo: str, keys: KeyRing | None) -> bool:
    """Whether the database was filled with a key, which then must be this one, else MasterKeyError; writes nothing."""
    with psycopg.connect(conninfo, connect_timeout=5) as connection:
        recorded = _recorded(connection)
    if recorded is not None and keys is not None:
        _require_same(keys, recorded)
    return recorded is not None


def _key_ring(text: str, *, source: str) -> KeyRing:
    try:
        return derive_keys(text)
    except ValueError as error:
        raise MasterKeyError(f"{source} is not usable: {error}.") from None


def _unusable(path: Path, error: OSError) -> MasterKeyError:
    return MasterKeyError(f"{path} cannot be used: {(error.strerror or '').lower()}.")


def _make_keys(directory: Path) -> KeyRing:
    path = directory / "master.key"
    try:
        _write_new_key(path)
    except OSError as error:
        raise _unusable(path, error) from None
    return load_keys(None, directory)


def _write_new_key(path: Path) -> None:
    make_folder(path.parent)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    # Left by a killed process that had the same number.
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(new_master_key() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        # link() fails if another process was first, so two processes that start together use one key.
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    sync_to_disk(path.parent)


def _fingerprint(keys: KeyRing) -> bytes:
    return hashlib.sha256(keys.check).digest()


def _recorded(connection: psycopg.Connection) -> bytes | None:
    row = connection.execute("SELECT fingerprint FROM key_checks WHERE id = 1").fetchone()
    return bytes(row[0]) if row else None


def _require_same(keys: KeyRing, recorded: bytes) -> None:
    if recorded != _fingerprint(keys):
        raise MasterKeyError(
            "This database is encrypted with another master key. Set JARING_MASTER_KEY to that key, "
            "or restore its master.key file; the current key cannot decrypt its personal data."
        )
