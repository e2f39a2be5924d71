"""A pipe as the tests of logs read, fill and break it."""

import os
from collections.abc import Callable
from types import TracebackType


class Pipe:
    """`writing` is the descriptor of the process that reports, the other end is the test's."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()
        self._reader = os.fdopen(self._reading, "rb", closefd=False)
        self._is_open = True

    def __enter__(self) -> "Pipe":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        os.close(self.writing)
        self.close_reading()

    def close_reading(self) -> None:
        if self._is_open:
            self._is_open = False
            os.close(self._reading)

    def read(self, number: int) -> bytes:
        return self._reader.read(number)

    def read_lines(self, number: int) -> list[str]:
        return [self._reader.readline().decode().rstrip("\n") for _ in range(number)]

    def replace_writing_after_the_reader_is_gone(self, other: int, *, drained: Callable[[], bool]) -> None:
        self.close_reading()
        assert drained()
        os.dup2(other, self.writing)
