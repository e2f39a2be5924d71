"""The master key is read from the setting or its file, and its absence is told."""

import base64
from pathlib import Path

import pytest
from pydantic import SecretStr

from campaigns.kit.encryption.cipher import derive_keys
from campaigns.kit.encryption.master_key import MasterKeyError, find_keys, load_keys

ONE, OTHER = (base64.b64encode(bytes([byte] * 32)).decode() for byte in (1, 2))


def test_the_setting_comes_before_the_file(tmp_path: Path) -> None:
    (tmp_path / "master.key").write_text(OTHER)
    assert load_keys(SecretStr(ONE), tmp_path) == derive_keys(ONE)
    assert load_keys(None, tmp_path) == derive_keys(OTHER)


def test_with_a_setting_no_file_is_made(tmp_path: Path) -> None:
    load_keys(SecretStr(ONE), tmp_path / "data")
    assert not list(tmp_path.iterdir())


def test_a_missing_key_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    assert find_keys(None, tmp_path / "data") is None
    with pytest.raises(
        MasterKeyError, match=r"missing: .*data/master\.key does not exist and JARING_MASTER_KEY is not"
    ):
        load_keys(None, tmp_path / "data")
    assert not list(tmp_path.iterdir())


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
