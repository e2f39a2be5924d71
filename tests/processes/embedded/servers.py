"""Types of the fixtures for tests of embedded servers."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from campaigns.kit.embedded.supervisor import EmbeddedPostgres

EventHandler = Callable[[str, dict[str, object]], None]
Processes = Callable[[Path], list[int]]
WaitUntil = Callable[[Callable[[], object]], None]


def ignore(name: str, facts: dict[str, object]) -> None:
    """Take note of no event."""


class Starter(Protocol):
    """Makes a server, on the test's own folder unless another is named; it is stopped after the test."""

    def __call__(
        self, directory: Path = ..., *, binaries: Path | None = ..., on_event: EventHandler = ...
    ) -> EmbeddedPostgres: ...
