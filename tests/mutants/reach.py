"""Which tests reach which line, how long each takes, and which fail with no mutant at all."""

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import coverage

from tests.mutants.forks import Forks, end_group


class Reach:
    """As measured by `measure`: lines by file, relative to the project."""

    def __init__(self, measured: dict[str, Any]) -> None:
        self.seconds: dict[str, float] = measured["seconds"]
        self.failed: list[str] = measured["failed"]
        self._lines: dict[str, dict[int, list[str]]] = {
            path: {int(line): tests for line, tests in lines.items()} for path, lines in measured["lines"].items()
        }

    def runs(self, path: str, first: int, last: int) -> bool:
        """Whether a test runs lines of a file, which an import may have run before."""
        return any(line in self._lines.get(path, {}) for line in range(first, last + 1))

    def tests_of(self, path: str, first: int, last: int) -> list[str]:
        """The tests that run lines of a file; all that run any of it where only its import runs these, else all."""
        lines = self._lines.get(path, {})
        found = {test for line in range(first, last + 1) for test in lines.get(line, ())}
        found = found or {test for tests in lines.values() for test in tests}
        return sorted(found or set(self.seconds) - set(self.failed), key=self.seconds.__getitem__)


def measure(forks: Forks, project: Path, result: Path, say: Callable[[str], None]) -> Reach:
    """Run all collected tests once under coverage, in a fork; a failing test is left out and named."""
    if not result.exists():
        child = os.fork()
        if child == 0:
            os.setsid()
            try:
                measured = _measured(forks, project, say)
                partial = result.with_suffix(".partial")
                partial.write_text(json.dumps(measured))
                partial.rename(result)
            finally:
                os._exit(0)
        try:
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
        finally:
            end_group(child)
    reach = Reach(json.loads(result.read_text()))
    for test in reach.failed:
        say(f"fails without a mutant, left out: {test}")
    return reach


def _measured(forks: Forks, project: Path, say: Callable[[str], None]) -> dict[str, Any]:
    noted = coverage.Coverage(
        data_file=None, config_file=False, include=[f"{project}/campaigns/*"], concurrency=["thread", "greenlet"]
    )
    seconds: dict[str, float] = {}
    failed: list[str] = []
    tests = list(forks.items)
    noted.start()
    noted.switch_context(tests[0])
    began = time.monotonic()
    for number, (test, passed) in enumerate(forks.run(tests), 1):
        seconds[test] = round(time.monotonic() - began, 3)
        if not passed:
            failed.append(test)
        if number % 50 == 0:
            say(f"measured {number} of {len(tests)} tests")
        if number < len(tests):
            noted.switch_context(tests[number])
        began = time.monotonic()
    noted.stop()
    data = noted.get_data()
    passing = set(tests) - set(failed)
    lines: dict[str, dict[int, list[str]]] = defaultdict(dict)
    for file in data.measured_files():
        for line, contexts in data.contexts_by_lineno(file).items():
            lines[str(Path(file).relative_to(project))][line] = sorted(passing.intersection(contexts))
    return {"seconds": seconds, "failed": failed, "lines": lines}
