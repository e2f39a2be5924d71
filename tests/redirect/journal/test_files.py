"""The files of a journal: what they hold, who may read them, and what is left of them at each end."""

import functools
import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from campaigns.clicks.journal import journal as journal_module
from campaigns.clicks.journal.journal import Chunk, Entry, Journal, adopt_orphans
from tests.redirect.journals import alter, entry, garble, left_behind, line


def descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def numbers(chunk: Chunk | None) -> list[int]:
    return [] if chunk is None else list(chunk.numbered)


@pytest.fixture
def journal(directory: Path) -> Journal:
    """A journal of four entries of two taps each."""
    journal = Journal.create(directory)
    for number in range(1, 5):
        assert journal.append(entry(line(), line())) == number
    return journal


def opened_again(journal: Journal) -> Journal:
    journal.close()
    (again,) = adopt_orphans(journal.path.parent)
    return again


class Disk(sqlite3.Connection):
    """A database on a disk that cannot be read while `fails` is set."""

    fails = False

    def execute(self, *values: Any) -> sqlite3.Cursor:
        if Disk.fails:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
            raise error
        return super().execute(*values)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> type[Disk]:
    """The disk of the journals that are opened from now on; other users of SQLite are left in peace."""
    monkeypatch.setattr(Disk, "fails", False)
    connect = functools.partial(sqlite3.connect, factory=Disk)
    monkeypatch.setattr(journal_module, "sqlite3", SimpleNamespace(**vars(sqlite3) | {"connect": connect}))
    return Disk


def test_only_its_owner_may_look_into_the_folder(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        Journal.create(tmp_path / "not" / "yet").remove()
    finally:
        os.umask(before)
    assert (tmp_path / "not" / "yet").stat().st_mode & 0o777 == 0o700


class TestReading:
    def test_a_chunk_ends_with_the_entry_that_fills_it(self, journal: Journal) -> None:
        assert [numbers(journal.read(most)) for most in (1, 2, 3, 4, 5, 100)] == [
            [1],
            [1],
            [1, 2],
            [1, 2],
            [1, 2, 3],
            [1, 2, 3, 4],
        ]
        assert journal.damaged is False
        journal.remove()

    def test_what_is_forgotten_is_deleted(self, journal: Journal) -> None:
        journal.forget(3)
        again = opened_again(journal)
        assert numbers(again.read(100)) == [4]
        again.forget(4)
        assert again.read(100) is None
        assert again.append(entry(line())) == 5
        again.remove()

    def test_what_was_read_and_not_deleted_is_not_read_again(self, journal: Journal) -> None:
        journal.losses.note(read=1, now_ms=1)  # and then its process was killed
        garble(journal.path, 2)
        again = opened_again(journal)
        for _ in range(2):  # the second time entry by entry, since there is damage
            assert numbers(again.read(100)) == [3, 4]
        assert again.damaged
        again.remove()

    def test_entries_that_are_missing_from_a_damaged_file_are_passed_over(self, journal: Journal) -> None:
        garble(journal.path, 1)
        alter(journal.path, "DELETE FROM batches WHERE id = 3")
        chunk = journal.read(1)
        assert (numbers(chunk), journal.damaged) == ([2], True)
        journal.forget(2)
        assert numbers(journal.read(1)) == [4]
        journal.remove()

    def test_a_damaged_file_in_long_use_is_read_from_its_first_number(self, journal: Journal) -> None:
        garble(journal.path, 2)
        alter(journal.path, "UPDATE batches SET id = id + 10000000")
        journal.path.with_suffix(".losses").unlink()
        again = opened_again(journal)
        for _ in range(2):  # the second time entry by entry
            assert numbers(again.read(100)) == [10_000_001, 10_000_003, 10_000_004]
        again.remove()

    def test_a_damaged_number_is_not_counted_up_to(self, journal: Journal) -> None:
        garble(journal.path, 2)
        alter(journal.path, "UPDATE batches SET id = 1000000000000 WHERE id = 4")
        assert (numbers(journal.read(3)), journal.damaged) == ([1, 3], True)
        assert numbers(journal.read(100)) == [1, 3]
        journal.remove()

    @pytest.mark.parametrize("value", ["'text'", "12", "1.5", "x'00'"])
    def test_a_block_of_any_type_is_damage_of_its_own_entry(self, journal: Journal, value: str) -> None:
        alter(journal.path, f"UPDATE batches SET block = {value} WHERE id = 2")
        assert numbers(journal.read(100)) == [1, 3, 4]
        journal.remove()

    def test_a_disk_that_fails_for_a_moment_is_no_damage(self, disk: type[Disk], journal: Journal) -> None:
        disk.fails = True
        with pytest.raises(sqlite3.OperationalError):
            journal.read(100)
        with pytest.raises(sqlite3.OperationalError):
            journal.forget(4)
        assert not journal.damaged
        journal.close()
        assert list(adopt_orphans(journal.path.parent)) == []
        disk.fails = False
        (again,) = adopt_orphans(journal.path.parent)
        assert (again.path, numbers(again.read(100))) == (journal.path, [1, 2, 3, 4])
        again.remove()


class TestSize:
    def test_deleted_entries_leave_no_space_taken(self, directory: Path) -> None:
        journal = Journal.create(directory)
        journal.append(Entry("clicks", "a", 1, [], os.urandom(1_000_000)))
        journal.forget(1)
        journal.shrink()
        sizes = {path.suffix: path.stat().st_size for path in directory.glob("*.journal*")}
        assert sizes[".journal"] < 100_000
        assert sizes[".journal-wal"] == 0
        journal.remove()


class TestEnd:
    def test_closing_twice_is_closing_once(self, journal: Journal) -> None:
        journal.close()
        journal.close()

    @pytest.mark.parametrize("end", [Journal.close, Journal.remove, Journal.quarantine])
    def test_no_descriptor_is_left(self, directory: Path, end: object) -> None:
        before = descriptors()
        journal = Journal.create(directory)
        assert descriptors() > before
        assert callable(end)
        end(journal)
        assert descriptors() == before

    @pytest.mark.parametrize("end", [Journal.remove, Journal.quarantine])
    def test_a_lock_file_that_is_gone_is_no_trouble(self, journal: Journal, end: object) -> None:
        journal.path.with_suffix(".lock").unlink()
        assert callable(end)
        end(journal)
        assert list(adopt_orphans(journal.path.parent)) == []

    def test_a_quarantined_one_leaves_its_damaged_files_alone(self, journal: Journal) -> None:
        journal.quarantine()
        left = {path.name.partition(".")[2] for path in journal.path.parent.iterdir()}
        assert "journal.damaged" in left
        assert left <= {"journal.damaged", "journal-wal.damaged", "journal-shm.damaged"}


class TestOrphans:
    def test_one_that_its_process_removed_meanwhile_is_not_made_again(self, directory: Path) -> None:
        first, second = sorted(left_behind(directory, entry(line())) for _ in range(2))
        before = descriptors()
        orphans = adopt_orphans(directory)
        one = next(orphans)
        assert one.path == first
        for path in directory.glob(f"{second.stem}*"):
            path.unlink()
        assert list(orphans) == []
        assert not list(directory.glob(f"{second.stem}*"))
        one.remove()
        assert descriptors() == before

    def test_one_without_its_record_of_losses_is_read(self, directory: Path) -> None:
        path = left_behind(directory, entry(line()))
        path.with_suffix(".losses").unlink()
        (orphan,) = adopt_orphans(directory)
        assert numbers(orphan.read(100)) == [1]
        orphan.remove()
