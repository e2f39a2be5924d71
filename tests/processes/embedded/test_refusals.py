"""A server that cannot start fails at once with one sentence, and leaves no process running."""

import logging
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from campaigns.kit.embedded import ownership
from campaigns.kit.embedded.errors import EmbeddedPostgresError
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from tests.processes.embedded.servers import Processes, Starter

logger = logging.getLogger(__name__)


def _no_version(pg: Path) -> str:
    (pg / "data" / "PG_VERSION").unlink()
    return "PG_VERSION is missing"


def _other_version(pg: Path) -> str:
    (pg / "data" / "PG_VERSION").write_text("15\n")
    return "was created by PostgreSQL 15 and this is PostgreSQL 18; .*pg_dump.* or choose another DATA"


def _no_control_file(pg: Path) -> str:
    (pg / "data" / "global" / "pg_control").unlink()
    return "could not start on .*pg_control"


def _corrupted_control_file(pg: Path) -> str:
    control = pg / "data" / "global" / "pg_control"
    with control.open("r+b") as file:
        file.seek(40)
        file.write(b"\xff" * 40)
    return "could not start on .*control file"


def _no_checkpoint(pg: Path) -> str:
    for segment in (pg / "data" / "pg_wal").glob("0*"):
        segment.unlink()
    return "could not start on .*checkpoint"


def _bad_permissions(pg: Path) -> str:
    (pg / "data").chmod(0o777)
    return "could not start on .*invalid permissions"


def _file_in_place_of_data(pg: Path) -> str:
    shutil.rmtree(pg / "data")
    (pg / "data").write_text("")
    return "cannot use .*data.*not a directory"


@pytest.mark.parametrize(
    "damage",
    [
        _no_version,
        _other_version,
        _no_control_file,
        _corrupted_control_file,
        _no_checkpoint,
        _bad_permissions,
        _file_in_place_of_data,
    ],
)
def test_broken_data(
    server: Starter, made: Path, folder: Path, processes: Processes, damage: Callable[[Path], str]
) -> None:
    reason = damage(made)
    _refused(server(), reason)
    assert processes(folder) == []
    ownership.release(ownership.claim(made))


def test_it_starts_after_the_repair(server: Starter, made: Path) -> None:
    control = made / "data" / "global" / "pg_control"
    hidden = control.rename(made / "pg_control")
    postgres = server()
    _refused(postgres, "pg_control")
    hidden.rename(control)
    postgres.start()


def _refused(postgres: EmbeddedPostgres, reason: str) -> None:
    with pytest.raises(EmbeddedPostgresError, match=reason) as refusal:
        postgres.start()
    logger.info("%s", refusal.value)
    assert "\n" not in str(refusal.value)
    assert postgres.pid is None


def test_directory_is_a_file(server: Starter, folder: Path) -> None:
    (folder / "pg").write_text("")
    _refused(server(), "is a file, not a folder")


def test_directory_below_a_file(server: Starter, folder: Path) -> None:
    (folder / "file").write_text("")
    _refused(server(folder / "file" / "pg"), "cannot use .*not a directory")


def test_missing_programs(server: Starter, folder: Path) -> None:
    _refused(server(binaries=folder), "programs are incomplete: .* has no postgres, initdb")


def test_programs_for_another_platform(server: Starter, folder: Path) -> None:
    for name in ("postgres", "initdb", "pg_config"):
        (folder / name).write_bytes(b"\x7fELF of another machine")
        (folder / name).chmod(0o755)
    _refused(server(binaries=folder), "does not run on this platform")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
@pytest.mark.parametrize("megabytes", [4, 30])
def test_full_disk(server: Starter, folder: Path, megabytes: int) -> None:
    disk = folder / "pg"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", disk], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("this root may not mount")
    try:
        _refused(server(), "No space left on device")
        assert list(disk.glob("data*")) == []
    finally:
        subprocess.run(["umount", disk], check=True)
