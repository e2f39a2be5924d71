"""The private folder of the server's socket: the way in, and the only one."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

from campaigns.kit.embedded.errors import EmbeddedPostgresError
from campaigns.kit.embedded.identity import Account

PORT = 5432
SOCKET = f".s.PGSQL.{PORT}"
MAX_PATH_BYTES = 103  # macOS; Linux has 107
# libpq splits hosts at commas, SQLAlchemy at colons, and the server reads quotes.
_PLAIN = re.compile(r"[\w./+ -]+")


def prepare_socket_folder(directory: Path, account: Account) -> Path:
    """Make a folder for the socket that only `account` may enter, and return it.

    It is `run` in `directory`, or a folder below the system's temporary one when that path is too long or
    holds signs that connection strings cannot. Raises EmbeddedPostgresError when somebody else has taken it.
    """
    folder = directory / "run"
    if not _fits(folder):
        folder = _temporary_folder(directory)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        _refuse_foreign(folder, account)
    if os.geteuid() == 0:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    folder.chmod(0o700)
    return folder


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / SOCKET)) <= MAX_PATH_BYTES and _PLAIN.fullmatch(str(folder)) is not None


def _temporary_folder(directory: Path) -> Path:
    name = f"jaring-{hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]}"
    # resolve(): the server is given, and must be asked for, the same path (macOS has links in it)
    roots = (tempfile.gettempdir(), "/tmp")  # noqa: S108 - the folder is private and its owner is verified
    candidates = [Path(root).resolve() / name for root in roots]
    return next((folder for folder in candidates if _fits(folder)), candidates[-1])


def _refuse_foreign(folder: Path, account: Account) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {account.uid, os.geteuid()}:
        raise EmbeddedPostgresError(
            f"{folder}, the folder for the database socket, belongs to another user; "
            "remove it or choose another DATA directory"
        )


def clear_sockets(folder: Path) -> None:
    """Remove what a killed server left: a stale lock beside the socket would stop the next one."""
    for name in (SOCKET, f"{SOCKET}.lock"):
        (folder / name).unlink(missing_ok=True)


def remove_socket_folder(folder: Path, directory: Path) -> None:
    """Remove a folder that was made outside of `directory`."""
    if folder.parent != directory:
        shutil.rmtree(folder, ignore_errors=True)
