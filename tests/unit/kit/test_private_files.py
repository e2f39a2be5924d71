"""What holds secrets or taps is for its owner only, whatever the umask is and whatever an older release left."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.cli.demo.keys import save_keys
from api.cli.doctor.checks import run_checks
from api.cli.doctor.types import Level
from campaigns.clicks.journal.journal import Journal
from campaigns.kit.files.private import open_to_others
from campaigns.kit.files.sqlite import sqlite_files
from campaigns.kit.settings import Settings
from campaigns.links.resolver.snapshot import LinkSnapshot

FACTS = [("abc", "{}")]


@pytest.fixture(autouse=True)
def _no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def test_what_is_made_is_for_its_owner_only(tmp_path: Path) -> None:
    data = tmp_path / "above" / "data"
    save_keys(Settings(data=data), {"viewer": "secret"})
    journal = Journal.create(data / "journal")
    snapshot = LinkSnapshot(data / "journal" / "links.sqlite")
    snapshot.write(FACTS)
    made = list((tmp_path / "above").rglob("*"))
    assert {path.suffix for path in made} >= {".json", ".journal", ".sqlite", ".lock"}
    assert open_to_others([tmp_path / "above", *made]) == []
    journal.close()


def test_what_an_older_release_left_open_is_closed(tmp_path: Path) -> None:
    snapshot, keys = LinkSnapshot(tmp_path / "links.sqlite"), tmp_path / "demo-keys.json"
    snapshot.write(FACTS)
    keys.touch()
    left = [path for path in (*sqlite_files(snapshot.path), keys) if path.exists()]
    for path in left:
        path.chmod(0o644)
    assert open_to_others(left) == left
    snapshot.write(FACTS)
    save_keys(Settings(data=tmp_path), {"viewer": "secret"})
    assert open_to_others(left) == []


@pytest.mark.parametrize("name", ["", "master.key", "journal", "journal/links.sqlite"])
def test_doctor_names_what_others_can_read(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JARING_DATA", str(tmp_path))
    monkeypatch.setenv("JARING_DATABASE_URL", "postgresql://127.0.0.1:1/nothing")
    (tmp_path / "master.key").touch(mode=0o600)
    (tmp_path / "journal").mkdir(mode=0o700)
    LinkSnapshot(tmp_path / "journal" / "links.sqlite").write(FACTS)
    assert diagnosis() == (Level.OK, "no other account can read them")
    open_one = tmp_path / name
    open_one.chmod(open_one.stat().st_mode | stat.S_IRGRP)
    level, detail = diagnosis()
    assert (level, detail.endswith(f" {open_one}")) == (Level.FAIL, True)


def diagnosis() -> tuple[Level, str]:
    return next((one.level, one.detail) for one in run_checks() if one.part == "private files")
