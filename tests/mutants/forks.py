"""A pytest plugin that runs chosen tests in forked copies of a process in which all tests are collected.

The copies share a PostgreSQL server and whatever `warm_up` has set up, so that a mutant costs little more than the
tests that it takes to kill it.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NoReturn

import psycopg
import pytest

from campaigns.kit.embedded.supervisor import EmbeddedPostgres

WARM_UP = "tests/mutants/warm_up.py"


@dataclass(frozen=True)
class Verdict:
    """What a forked run showed: the test that failed, or whose time was over; None if all passed."""

    failed: str | None = None
    in_time: bool = True


class Forks:
    """Collects the tests, warms up, and calls `trial` in place of running them."""

    def __init__(self, trial: Callable[["Forks"], None]) -> None:
        self._trial = trial
        self._failed = False
        self._server: EmbeddedPostgres | None = None
        self._kept: list[str] = []
        self.items: dict[str, pytest.Item] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        (self._warm_up,) = (item for item in session.items if item.nodeid.startswith(WARM_UP))
        self.items = {item.nodeid: item for item in session.items if item is not self._warm_up}
        if not self.items:
            raise pytest.UsageError("no test was collected")
        if any("postgres" in getattr(item, "fixturenames", ()) for item in self.items.values()):
            following = next(iter(self.items.values()))
            self._warm_up.config.hook.pytest_runtest_protocol(item=self._warm_up, nextitem=following)
            if self._failed:
                raise pytest.UsageError("the shared fixtures fail")
            self._kept = self._databases()
        self._trial(self)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._failed = self._failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest) -> None:
        """Note the server, to end what a killed process leaves in it."""
        if fixturedef.argname == "template":
            self._server = request.getfixturevalue("postgres")

    def run(self, tests: list[str]) -> Iterator[tuple[str, bool]]:
        """Run tests in this process and say of each whether it passed; only for a forked process."""
        self._warm_up.config.pluginmanager.unregister(name="terminalreporter")
        items = [self.items[test] for test in tests]
        for item, following in zip(items, [*items[1:], self._warm_up], strict=True):
            self._failed = False
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            yield item.nodeid, not self._failed

    def passes(
        self, tests: list[str], plant: Callable[[], None], *, limits: dict[str, float], seconds: float
    ) -> Verdict:
        """Plant a mutant in a fork and run tests there until one fails or takes longer than its limit in seconds."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            self._child(tests, plant, writing)
        os.close(writing)
        verdict = Verdict(in_time=False)
        try:
            verdict = _watch(reading, tests, limits=limits, end=time.monotonic() + seconds)
        finally:
            os.close(reading)
            end_group(child)
            if verdict.failed or not verdict.in_time:
                self._clean_up()
        return verdict

    def _child(self, tests: list[str], plant: Callable[[], None], writing: int) -> NoReturn:
        os.setsid()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
        try:
            plant()
            for _, passed in self.run(tests):
                os.write(writing, b"+" if passed else b"-")
                if not passed:
                    break
        except BaseException:
            os.write(writing, b"!")
        os._exit(0)

    def _databases(self) -> list[str]:
        assert self._server is not None
        with psycopg.connect(self._server.conninfo, autocommit=True) as connection:
            return [name for (name,) in connection.execute("SELECT datname FROM pg_database")]

    def _clean_up(self) -> None:
        """End the sessions and databases of a process that ended in the middle of a test."""
        if self._server is None:
            return
        with psycopg.connect(self._server.conninfo, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            )
            for name in set(self._databases()) - set(self._kept):
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _watch(reading: int, tests: list[str], *, limits: dict[str, float], end: float) -> Verdict:
    for test in tests:
        wait = min(limits[test], end - time.monotonic())
        ready, _, _ = select.select([reading], [], [], max(wait, 0))
        if not ready:
            return Verdict(failed=test) if wait == limits[test] else Verdict(in_time=False)
        told = os.read(reading, 1)
        if told == b"!":
            print("a fork failed", file=sys.__stderr__)
        if told != b"+":  # also where the process died
            return Verdict(failed=test)
    return Verdict()


def end_group(child: int) -> None:
    """End a forked process with all it started."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
