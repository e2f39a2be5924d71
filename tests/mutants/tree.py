"""A copy of the project in which mutants are planted and tests run, and which tests reach which line of it."""

import os
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import coverage

PROJECT = Path(__file__).parents[2]
COVERAGE_SETTINGS = """\
[run]
source = api, campaigns
concurrency = thread, greenlet
parallel = true
patch = subprocess
data_file = {data}
"""


class Tree:
    """The copy below `.mutants/`, made anew from the files Git knows of."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "tree"

    def make(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, listed.splitlines()):
            if (PROJECT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / name, self.root / name)

    def measure(self, tests: list[str]) -> None:
        """Run the tests once under coverage, for `tests_of`; raises CalledProcessError if one fails."""
        for old in self.home.glob("coverage*"):
            old.unlink()
        (self.root / ".coveragerc").write_text(COVERAGE_SETTINGS.format(data=self.home / "coverage"))
        run = ["-m", "coverage", "run", "-m", "pytest", "-n", "2", "-p", "tests.mutants.coverage_contexts", *tests]
        subprocess.run([sys.executable, *run], cwd=self.root, env=self._environment(), check=True)
        combine = [sys.executable, "-m", "coverage", "combine", "--quiet"]
        subprocess.run(combine, cwd=self.root, env=self._environment(), check=True)

    def tests_of(self, path: str) -> dict[int, list[str]]:
        """The tests that reach each line of a file; for what only its import runs, all that reach any line."""
        data = coverage.CoverageData(str(self.home / "coverage"))
        data.read()
        lines = {
            line: {context for context in contexts if "::" in context}
            for line, contexts in data.contexts_by_lineno(str(self.root / path)).items()
        }
        any_line = set().union(*lines.values())
        return defaultdict(list, {line: sorted(tests or any_line, key=_cost) for line, tests in lines.items()})

    def passes(self, tests: list[str], *, seconds: float) -> bool:
        """Whether all these tests pass within the time."""
        listed = self.home / "tests.txt"
        listed.write_text("\n".join(tests))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", f"@{listed}"]
        # A group of its own, so that the end of the time ends its PostgreSQL too.
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=self._environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(timeout=seconds) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"}


def _cost(test: str) -> tuple[bool, bool, str]:
    """Tests without a database first."""
    return not test.startswith("tests/unit"), not test.startswith("tests/database"), test
