"""A process has room for the files that its metrics are mapped from, before it writes there."""

import os
from pathlib import Path

from api.runtime.metrics_files import reserve_room

SIZE = 1 << 16


def sparse(path: Path) -> Path:
    """A file as prometheus_client makes them: of a size, with room for nothing."""
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


def test_own_files_get_room_and_keep_what_they_hold(tmp_path: Path) -> None:
    own, other = (sparse(tmp_path / f"counter_{pid}.db") for pid in (os.getpid(), 1))
    with own.open("r+b") as file:
        file.write(b"counted")
    reserve_room(tmp_path)
    assert (own.stat().st_blocks * 512 >= SIZE, own.stat().st_size, own.read_bytes()[:7]) == (True, SIZE, b"counted")
    assert other.stat().st_blocks == 0
    reserve_room(tmp_path)
