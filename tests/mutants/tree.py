"""A copy of the project, for mutants that only an import evaluates: their tests run in a process of their own."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]


class Tree:
    """The copy below `.mutants/`, made anew from the files Git knows of."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.root = home / "tree"

    def remove(self) -> None:
        """The next use makes it anew, from the files as they then are."""
        shutil.rmtree(self.root, ignore_errors=True)

    def _make(self) -> None:
        command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
        for name in filter(None, listed.splitlines()):
            if (PROJECT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(PROJECT / name, self.root / name)

    def passes(self, tests: list[str], *, path: str, text: str, seconds: float) -> bool:
        """Whether no test fails with another text of a file; those that the time is too short for count as passed."""
        if not self.root.exists():
            self._make()
        planted = self.root / path
        planted.write_text(text)
        try:
            return self._passes(tests, seconds=seconds)
        finally:
            shutil.copy(PROJECT / path, planted)

    def _passes(self, tests: list[str], *, seconds: float) -> bool:
        listed = self.home / "tests.txt"
        listed.write_text("\n".join(tests))
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--timeout=30", f"@{listed}"]
        # A group of its own, so that the end of the time ends its PostgreSQL too.
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(self.root), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(timeout=seconds) == 0
        except subprocess.TimeoutExpired:
            return True
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
