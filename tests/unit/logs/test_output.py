"""A stream whose descriptor fails or takes nothing: nobody who writes is told, and what is missing is counted."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.logs.output import MAX_LINE_CHARACTERS, BoundedOutput
from tests.unit.logs.pipes import Pipe

PATIENCE_SECONDS = 30


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    with Pipe() as pipe:
        yield pipe


def drained(output: BoundedOutput) -> bool:
    return output.drain(within_seconds=PATIENCE_SECONDS)


def test_lines_are_written_in_their_order(pipe: Pipe) -> None:
    output = BoundedOutput(pipe.writing)
    print("one", file=output)
    print("two", "halves", file=output)
    assert drained(output)
    assert pipe.read_lines(2) == ["one", "two halves"]


def test_a_line_without_its_end_is_written_when_flushed(pipe: Pipe) -> None:
    output = BoundedOutput(pipe.writing)
    output.write("a question? ")
    assert drained(output)
    output.flush()
    output.write("and its answer\n")
    assert pipe.read_lines(1) == ["a question? and its answer"]


def test_a_text_that_never_ends_is_not_collected_for_ever(pipe: Pipe) -> None:
    output = BoundedOutput(pipe.writing)
    output.write("x" * (MAX_LINE_CHARACTERS + 1))
    assert len(pipe.read(MAX_LINE_CHARACTERS + 1)) == MAX_LINE_CHARACTERS + 1


def test_what_is_no_text_of_any_encoding_is_escaped(pipe: Pipe) -> None:
    BoundedOutput(pipe.writing).write("half a pair \ud800\n")
    assert pipe.read_lines(1) == ["half a pair \\ud800"]


def test_a_full_disk_raises_nothing(tmp_path: Path) -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    output = BoundedOutput(descriptor)
    for number in range(100):
        assert output.write(f"line {number}\n") == len(f"line {number}\n")
    assert drained(output)
    # The disk is freed: the descriptor leads to a file that takes what comes.
    with (tmp_path / "log").open("wb") as file:
        os.dup2(file.fileno(), descriptor)
    output.write("after\n")
    assert drained(output)
    notice, after = (tmp_path / "log").read_text().splitlines()
    assert (json.loads(notice)["event"], json.loads(notice)["lines"], after) == ("log_lines_dropped", 100, "after")
    os.close(descriptor)


def test_a_reader_that_has_gone_raises_nothing(pipe: Pipe) -> None:
    output = BoundedOutput(pipe.writing)
    pipe.close_reading()
    output.write("to nobody\n")
    assert drained(output)


def test_a_reader_that_has_stopped_is_not_waited_for(pipe: Pipe) -> None:
    output = BoundedOutput(pipe.writing, max_waiting_bytes=100_000)
    line = "x" * 999 + "\n"
    for _ in range(1_000):  # ten times what a pipe and the memory take together
        output.write(line)
    assert not output.drain(within_seconds=0.01)
    whole = dropped = 0
    while whole + dropped < 1_000:
        (read,) = pipe.read_lines(1)
        if read == line.rstrip():
            whole += 1
        else:
            dropped += json.loads(read)["lines"]
    assert whole + dropped == 1_000
    assert dropped > 0


def test_a_descriptor_that_somebody_made_non_blocking_gets_whole_lines(pipe: Pipe) -> None:
    os.set_blocking(pipe.writing, False)
    output = BoundedOutput(pipe.writing)
    lines = [f"{number} ".ljust(50_000, "x") for number in range(8)]
    for line in lines:
        output.write(line + "\n")
    assert pipe.read_lines(len(lines)) == lines


def test_a_line_that_was_cut_off_is_ended_before_the_next(tmp_path: Path, pipe: Pipe) -> None:
    """A reader that goes in the middle of a line, and a file in its place afterwards."""
    output = BoundedOutput(pipe.writing)
    output.write("x" * 1_000_000 + "\n")  # of which a pipe takes a part
    pipe.read(1)
    with (tmp_path / "log").open("wb") as file:
        pipe.replace_writing_after_the_reader_is_gone(file.fileno(), drained=lambda: drained(output))
    output.write("whole\n")
    assert drained(output)
    first, notice, whole = (tmp_path / "log").read_text().splitlines()
    assert (first, json.loads(notice)["lines"], whole) == ("", 1, "whole")
