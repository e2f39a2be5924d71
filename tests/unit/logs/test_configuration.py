"""What a process reports after `configure_logging`, by whichever way: JSON lines without values, and never an error."""

import json
import os
import subprocess
import sys
from typing import IO, Any

TYPED = "3273014107050001"

REPORTING = f"""
import logging
import structlog
from api.logs.configuration import configure_logging

class Unspeakable:
    def __repr__(self):
        raise ValueError("{TYPED}")

configure_logging("info")
log = structlog.get_logger("test")
log.debug("below the level")
log.info("told", taps=3)
log.error("unspeakable", value=Unspeakable())
library = logging.getLogger("library")
library.info("below the level")
library.warning("cannot read %s", "{TYPED}")
library.log(35, "{TYPED}")
try:
    raise ValueError("{TYPED}")
except ValueError:
    library.exception("cannot read {TYPED}")
library.error("wrong arguments %d %d", Unspeakable())
print("printed")
"""


def run(
    code: str = REPORTING, *, stderr: int | IO[Any] = subprocess.PIPE, **given: Any
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=stderr, text=True, timeout=60, check=False, **given
    )


def test_all_reports_are_json_lines_without_values() -> None:
    done = run()
    assert (done.returncode, done.stdout) == (0, "printed\n")
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["told", "unspeakable", *["library_reported"] * 4]
    assert lines[0]["taps"] == 3
    reported = lines[2:]
    assert [line["text"] for line in reported] == ["cannot read %s", None, None, "wrong arguments %d %d"]
    assert [line["level"] for line in reported] == ["warning", "warning", "error", "error"]
    assert [line["error"] for line in reported] == [None, None, "ValueError", None]
    assert TYPED not in done.stderr


def test_nothing_is_raised_where_nothing_can_be_written() -> None:
    with open("/dev/full", "wb") as full:
        done = run(stderr=full)
    assert (done.returncode, done.stdout) == (0, "printed\n")


def test_a_reader_that_never_reads_does_not_keep_a_process_from_ending() -> None:
    reading, writing = os.pipe()
    filled = REPORTING + "\nfor _ in range(10_000): log.info('told again')"
    done = run(filled, stderr=writing)
    assert (done.returncode, done.stdout) == (0, "printed\n")
    os.close(reading)
    os.close(writing)


def test_a_closed_descriptor_is_not_given_to_the_next_file() -> None:
    """Else the log would be written into it."""
    code = REPORTING + "\nimport tempfile\nwith tempfile.TemporaryFile() as file: print(file.fileno() > 2)"
    done = subprocess.run(
        ["/bin/sh", "-c", 'exec "$0" -c "$1" 2>&-', sys.executable, code],
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "printed\nTrue\n")
