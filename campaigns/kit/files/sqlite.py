"""The files that make up one SQLite database in WAL mode."""

from pathlib import Path


def sqlite_files(path: Path) -> list[Path]:
    """The write-ahead log, its index and the database itself, in the order in which they can be deleted safely."""
    return [path.with_name(path.name + ending) for ending in ("-wal", "-shm", "")]
