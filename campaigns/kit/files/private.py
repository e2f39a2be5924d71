"""Files and folders that no other account of the machine can read, whatever its umask is."""

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from campaigns.kit.files.sqlite import sqlite_files

# What other accounts may do with a folder that the account of the embedded PostgreSQL has to pass through under root.
_PASS = stat.S_IXGRP | stat.S_IXOTH


def make_private_folder(path: Path) -> None:
    """Make a folder that nobody else can enter, with those above it that are missing; one that is there is kept."""
    make_folder(path.parent)
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=stat.S_IRWXU)


def make_folder(path: Path) -> None:
    """Make the folder and those above it that are missing; one that is there stays as it is.

    Nobody else can list them. Under root others can pass through them, to what is private in itself.
    """
    mode = stat.S_IRWXU | (_PASS if os.geteuid() == 0 else 0)
    for folder in reversed((path, *path.parents)):
        if not folder.exists():
            folder.mkdir(mode=mode, exist_ok=True)
            folder.chmod(mode)


def make_database_private(path: Path) -> None:
    """Let nobody else read a SQLite database, which is made if it is missing. Raises OSError.

    SQLite gives the files beside it the same mode. Those of an older release may have another one.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for file in sqlite_files(path):
        with contextlib.suppress(FileNotFoundError, PermissionError):
            file.chmod(0o600)


def open_to_others(paths: Iterable[Path]) -> list[Path]:
    """Those that other accounts can read or write; what is not there cannot be."""
    found = []
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            mode = path.stat().st_mode
            if mode & (stat.S_IRWXG | stat.S_IRWXO) & ~(_PASS if stat.S_ISDIR(mode) else 0):
                found.append(path)
    return found
