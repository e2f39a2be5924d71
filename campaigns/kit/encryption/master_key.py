"""Loading the master key, and the check that the database was filled with the same one."""

import hashlib
import os
from pathlib import Path

import psycopg
from pydantic import SecretStr

from campaigns.kit.encryption.cipher import KeyRing, derive_keys, new_master_key
from campaigns.kit.files.private import make_folder


class MasterKeyError(Exception):
    """The master key is missing, malformed or not the database's; the text is one sentence for the operator."""


def load_keys(configured: SecretStr | None, directory: Path) -> KeyRing:
    """The key ring from the setting, else from `<directory>/master.key`, which is made if absent (mode 0600)."""
    if configured is not None:
        source, text = "JARING_MASTER_KEY", configured.get_secret_value()
    else:
        path = directory / "master.key"
        source = str(path)
        try:
            if not path.exists():
                _write_new_key(path)
            text = path.read_text(encoding="ascii").strip()
        except OSError as error:
            raise MasterKeyError(f"{path} cannot be used: {(error.strerror or '').lower()}.") from None
        except UnicodeDecodeError:
            text = ""
    try:
        return derive_keys(text)
    except ValueError as error:
        raise MasterKeyError(f"{source} is not usable: {error}.") from None


def _write_new_key(path: Path) -> None:
    make_folder(path.parent)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
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


def check_master_key(conninfo: str, keys: KeyRing) -> None:
    """Record the key's fingerprint in a new database; in a used one, raise MasterKeyError if it is another key's."""
    fingerprint = hashlib.sha256(keys.check).digest()
    with psycopg.connect(conninfo, connect_timeout=5) as connection:
        connection.execute(
            "INSERT INTO key_checks (id, fingerprint) VALUES (1, %s) ON CONFLICT (id) DO NOTHING", (fingerprint,)
        )
        ((stored,),) = connection.execute("SELECT fingerprint FROM key_checks WHERE id = 1").fetchall()
    if bytes(stored) != fingerprint:
        raise MasterKeyError(
            "This database is encrypted with another master key. Set JARING_MASTER_KEY to that key, "
            "or restore its master.key file; the current key cannot decrypt its personal data."
        )
