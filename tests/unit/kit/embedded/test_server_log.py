"""The log of a server that runs for months: cut in place, and its last reason found all the same."""

import subprocess
from functools import partial
from pathlib import Path

import pytest

from campaigns.kit.embedded.processes import wait_for_end
from campaigns.kit.embedded.server_log import KEPT_BYTES, MAX_BYTES, cut, reason_since

LINE = b"2026-11-25 10:00:00 UTC [1] LOG:  something of no interest\n"


def long_log(folder: Path) -> Path:
    log = folder / "server.log"
    log.write_bytes(LINE * (MAX_BYTES // len(LINE) + 1) + b"FATAL:  the last line\n")
    return log


def test_only_its_last_whole_lines_are_left(tmp_path: Path) -> None:
    log = long_log(tmp_path)
    number = log.stat().st_ino
    cut(log)
    assert KEPT_BYTES - len(LINE) <= log.stat().st_size <= KEPT_BYTES
    assert (log.read_bytes()[: len(LINE)], log.read_bytes()[-22:]) == (LINE, b"FATAL:  the last line\n")
    assert log.stat().st_ino == number, "the server would write on into a file without a name"


def test_a_short_one_stays(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_bytes(LINE)
    cut(log)
    assert log.read_bytes() == LINE


def test_it_is_cut_while_the_server_writes_it(tmp_path: Path) -> None:
    log = long_log(tmp_path)
    # Ends once the log is short, and writes a last line then.
    script = f'while [ $(wc -c < "$0") -gt {MAX_BYTES} ]; do sleep 0.01; done; echo after; exit 3'
    with log.open("ab") as output:
        child = subprocess.Popen(["/bin/sh", "-c", script, str(log)], stdout=output)
    assert wait_for_end(child, [partial(cut, log)], look_seconds=0.01) == 3
    assert log.read_bytes().endswith(b"the last line\nafter\n")


def test_a_log_that_cannot_be_cut_ends_nothing(tmp_path: Path) -> None:
    child = subprocess.Popen(["/bin/sleep", "0.05"])
    assert wait_for_end(child, [partial(cut, tmp_path / "missing.log")], look_seconds=0.01) == 0


@pytest.mark.parametrize("offset", [0, 10, 10_000])
def test_the_reason_is_found_where_the_log_was_cut(tmp_path: Path, offset: int) -> None:
    log = tmp_path / "server.log"
    log.write_text("LOG:  a line\nLOG:  another\nFATAL:  no space\n")
    assert reason_since(log, offset) == "no space"
