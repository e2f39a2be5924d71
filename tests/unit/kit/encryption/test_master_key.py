"""The master key: from the setting or its file, which is made once, for its owner alone, and on the disk."""

import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from campaigns.kit.encryption.cipher import derive_keys
from campaigns.kit.encryption.master_key import MasterKeyError, load_keys

ONE, OTHER = (base64.b64encode(bytes([byte] * 32)).decode() for byte in (1, 2))


@pytest.fixture
def permissive() -> Iterator[None]:
    """Files that are made get the mode that they are made with."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_the_setting_comes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text(OTHER)
    assert load_keys(SecretStr(ONE), tmp_path) == derive_keys(ONE)
    assert load_keys(None, tmp_path) == derive_keys(OTHER)


def test_with_a_setting_no_file_is_made(tmp_path: Path) -> None:
    load_keys(SecretStr(ONE), tmp_path / "data")
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_made_for_its_owner_and_read_again(tmp_path: Path, permissive: None) -> None:
    folder = tmp_path / "not" / "yet"
    made = load_keys(None, folder)
    (path,) = folder.iterdir()
    assert (path.name, path.stat().st_mode & 0o777) == ("master.key", 0o600)
    assert path.read_text().endswith("=\n")
    assert load_keys(None, folder) == made == derive_keys(path.read_text().strip())


def test_another_folder_has_another_key(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    assert load_keys(None, tmp_path / "there") != load_keys(None, tmp_path)


def test_the_key_is_on_the_disk_before_the_file_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = list[tuple[int, bool]]()

    def sync(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_size, (tmp_path / "master.key").exists()))

    monkeypatch.setattr(os, "fsync", sync)
    load_keys(None, tmp_path)
    load_keys(None, tmp_path)  # which writes nothing
    assert synced == [(len(ONE) + 1, False)]


def test_of_two_processes_that_make_one_the_later_takes_the_first_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def later(source: Path, target: Path) -> None:
        target.write_text(OTHER)
        link(source, target)

    monkeypatch.setattr(os, "link", later)
    assert load_keys(None, tmp_path) == derive_keys(OTHER)
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 44, "é".encode() * 22, (OTHER * 2).encode()])
def test_a_file_that_holds_none_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "master.key").write_bytes(content)
    with pytest.raises(MasterKeyError, match=r"master\.key is not usable: the master key must be 32 bytes in base64\."):
        load_keys(None, tmp_path)


def test_a_setting_that_holds_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="JARING_MASTER_KEY is not usable"):
        load_keys(SecretStr("short"), tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "master.key").mkdir()
    with pytest.raises(MasterKeyError, match=r"master\.key cannot be used: is a directory\."):
        load_keys(None, tmp_path)
