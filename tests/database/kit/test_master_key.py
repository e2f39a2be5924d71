"""The master key of a database: made once for one that has none, and never beside one that was filled with another."""

import base64
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.encryption.cipher import KeyRing, derive_keys, new_master_key
from campaigns.kit.encryption.master_key import MasterKeyError, check_keys, load_keys, prepare_keys

ONE, OTHER = (base64.b64encode(bytes([byte] * 32)).decode() for byte in (1, 2))


@pytest.fixture
def conninfo(own_database: str) -> str:
    return psycopg_conninfo(own_database)


@pytest.fixture
def permissive() -> Iterator[None]:
    """Files that are made get the mode that they are made with."""
    before = os.umask(0)
    yield
    os.umask(before)


def recorded(conninfo: str) -> list[bytes]:
    with psycopg.connect(conninfo) as connection:
        return [row[0] for row in connection.execute("SELECT fingerprint FROM key_checks")]


class TestAnUnusedDatabase:
    def test_gets_a_key_in_a_file_for_its_owner_alone(self, conninfo: str, tmp_path: Path, permissive: None) -> None:
        folder = tmp_path / "not" / "yet"
        made = prepare_keys(conninfo, None, folder)
        (path,) = folder.iterdir()
        assert (path.name, path.stat().st_mode & 0o777) == ("master.key", 0o600)
        assert path.read_text().endswith("=\n")
        assert prepare_keys(conninfo, None, folder) == load_keys(None, folder) == made
        assert len(recorded(conninfo)) == 1

    def test_takes_a_key_that_is_there(self, conninfo: str, tmp_path: Path) -> None:
        (tmp_path / "master.key").write_text(OTHER)
        assert prepare_keys(conninfo, None, tmp_path) == derive_keys(OTHER)

    def test_needs_no_file_with_a_setting(self, conninfo: str, tmp_path: Path) -> None:
        assert prepare_keys(conninfo, SecretStr(ONE), tmp_path / "data") == derive_keys(ONE)
        assert not list(tmp_path.iterdir())

    def test_has_the_same_fingerprint_of_a_key_in_every_version(self, conninfo: str, tmp_path: Path) -> None:
        prepare_keys(conninfo, SecretStr("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="), tmp_path)
        (fingerprint,) = recorded(conninfo)
        assert fingerprint.hex() == "8cfadde437e7a3b85eab6f20255e62fa7fafdd6b540b297d069e2ab49d531467"

    def test_has_its_key_on_the_disk_before_its_fingerprint(
        self, conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced = list[tuple[str, bool, int]]()
        sync = os.fsync

        def note(descriptor: int) -> None:
            name = "folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file"
            synced.append((name, (tmp_path / "master.key").exists(), len(recorded(conninfo))))
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", note)
        prepare_keys(conninfo, None, tmp_path)
        prepare_keys(conninfo, None, tmp_path)  # which writes nothing
        assert synced == [("file", False, 0), ("folder", True, 0)]

    def test_takes_the_first_of_two_that_start_in_one_folder(
        self, conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = os.link

        def later(source: Path, target: Path) -> None:
            target.write_text(OTHER)
            link(source, target)

        monkeypatch.setattr(os, "link", later)
        assert prepare_keys(conninfo, None, tmp_path) == derive_keys(OTHER)
        assert [path.name for path in tmp_path.iterdir()] == ["master.key"]

    def test_gets_one_key_from_many_starts_on_many_machines(self, conninfo: str, tmp_path: Path) -> None:
        folders, keys, refusals = [tmp_path / str(number) for number in range(6)], list[KeyRing](), list[str]()

        def start(folder: Path) -> None:
            try:
                keys.append(prepare_keys(conninfo, None, folder))
            except MasterKeyError as error:
                refusals.append(str(error))

        threads = [threading.Thread(target=start, args=(folder,)) for folder in folders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(keys), len(refusals), len(recorded(conninfo))) == (1, 5, 1)
        assert all("is missing" in refusal for refusal in refusals)
        assert len([folder for folder in folders if folder.exists()]) == 1

    def test_is_left_alone_where_the_key_cannot_be_written(self, conninfo: str, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(MasterKeyError, match=r"master\.key cannot be used: "):
            prepare_keys(conninfo, None, tmp_path / "file")
        assert recorded(conninfo) == []


class TestAUsedDatabase:
    def test_refuses_a_missing_key_and_none_is_made(self, conninfo: str, tmp_path: Path) -> None:
        prepare_keys(conninfo, SecretStr(ONE), tmp_path)
        with pytest.raises(MasterKeyError, match="master key is missing"):
            prepare_keys(conninfo, None, tmp_path / "data")
        assert not list(tmp_path.iterdir())

    def test_refuses_another_key(self, conninfo: str, tmp_path: Path) -> None:
        prepare_keys(conninfo, SecretStr(ONE), tmp_path)
        for _ in range(2):
            with pytest.raises(MasterKeyError, match="another master key"):
                prepare_keys(conninfo, SecretStr(OTHER), tmp_path)
        prepare_keys(conninfo, SecretStr(ONE), tmp_path)  # which the refusals did not change


def test_checking_writes_nothing(conninfo: str, tmp_path: Path) -> None:
    assert [check_keys(conninfo, keys) for keys in (None, derive_keys(ONE))] == [False, False]
    assert recorded(conninfo) == []
    keys = prepare_keys(conninfo, SecretStr(new_master_key()), tmp_path)
    assert [check_keys(conninfo, given) for given in (None, keys)] == [True, True]
    with pytest.raises(MasterKeyError, match="another master key"):
        check_keys(conninfo, derive_keys(ONE))
