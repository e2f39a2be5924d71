"""`make mutants`: plants small faults in rules, queries and SQL, one at a time, and prints those that no test detects.

A run may be stopped at any time, and goes on where it was: `.mutants/` keeps what was killed while the file stays
the same, and what survived while the tests stay the same, too. Mutants come in a random but fixed order, so that what
a bounded run has tried is a sample of all. Tests that fail with no mutant are named and left out.

    python -m tests.mutants --minutes 30 campaigns/planning
    python -m tests.mutants --tests tests/unit/planning tests/http/units -- campaigns/planning/rules.py

`tests/mutants/equivalent.toml` lists mutants that change nothing anybody could see, each with the reason.
"""

import argparse
import gc
import hashlib
import json
import os
import random
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.forks import WARM_UP, Forks
from tests.mutants.mutations import Mutant
from tests.mutants.plant import Loaded, NotPlantableError
from tests.mutants.reach import Reach, measure
from tests.mutants.slices import files_of_tests, mutants_below, tests_for
from tests.mutants.tree import PROJECT, Tree

HOME = PROJECT / ".mutants"
STATE = HOME / "tried.jsonl"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
KILLED, SURVIVED, UNREACHED = "killed", "survived", "not reached by a test"
DOCUMENT = "tests/contract/test_document.py::test_the_committed_document_is_this_one"
START_SECONDS = 30.0  # to import everything and start a server
SLOWEST_FACTOR, SLOWEST_LEAST = 20, 10.0  # a test that takes so much longer than without the mutant has hung


def main() -> int:
    options = _options()
    HOME.mkdir(exist_ok=True)
    tests = options.tests or tests_for(options.paths)
    trial = Trial(options, tests)
    outcome = pytest.main(["-p", "no:cacheprovider", "-p", "no:xdist", WARM_UP, *tests], plugins=[Forks(trial.run)])
    if outcome not in (pytest.ExitCode.OK, pytest.ExitCode.INTERRUPTED):
        return int(outcome)
    return trial.report(least=options.least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="A mutation trial.")
    parser.add_argument("paths", nargs="*", default=["campaigns"], help="files or folders to plant faults in")
    parser.add_argument("--minutes", type=float, default=60, help="end after this time; the next run goes on")
    parser.add_argument("--seconds", type=float, default=60, help="how long the tests of one mutant may take")
    parser.add_argument("--least", type=float, default=95, help="fail if fewer per cent are killed")
    parser.add_argument("--tests", nargs="+", help="the tests to run, if not those of the slices of the paths")
    return parser.parse_args()


class Trial:
    """The mutants of a run and what came of them."""

    def __init__(self, options: argparse.Namespace, tests: list[str]) -> None:
        self._seconds: float = options.seconds
        self._deadline = time.monotonic() + options.minutes * 60
        listed = _equivalent()
        every = list(mutants_below(options.paths))
        self._mutants = [mutant for mutant in every if not _is_equivalent(mutant, listed)]
        self._equivalent = len(every) - len(self._mutants)
        random.Random(7).shuffle(self._mutants)
        self._tests = _digest([*files_of_tests(["tests/conftest.py", "tests/factories", *tests])])
        self._tried = self._read_tried()
        self._kills: Counter[tuple[str, str]] = Counter()  # by file and test: what kills one mutant often kills another
        self._tree = Tree(HOME)
        self._screen = os.fdopen(os.dup(2), "w")  # pytest captures the other

    def run(self, forks: Forks) -> None:
        """Try what was not tried, until the time is over."""
        code = _digest(sorted(path for part in ("api", "campaigns") for path in (PROJECT / part).rglob("*.py")))
        reach = measure(forks, PROJECT, HOME / f"reach-{self._tests}-{code}.json", self._say)
        loaded = Loaded(PROJECT)
        self._tree.remove()
        gc.freeze()  # a collection in a fork would copy every page it looks at
        left = [mutant for mutant in self._mutants if _key(mutant) not in self._tried]
        for number, mutant in enumerate(left, 1):
            if time.monotonic() > self._deadline:
                self._say(f"the time is over, {len(left) - number + 1} mutants are left; the same command goes on")
                return
            began = time.monotonic()
            outcome = self._try(mutant, forks, reach, loaded)
            self._tried[_key(mutant)] = outcome
            with STATE.open("a") as state:
                state.write(json.dumps([_key(mutant), outcome, self._tests]) + "\n")
            self._say(f"{number}/{len(left)} {time.monotonic() - began:.1f} s {outcome}: {_shown(mutant)}")

    def report(self, *, least: float) -> int:
        """Print what survived; 0 if enough were killed."""
        outcomes = [(mutant, self._tried[_key(mutant)]) for mutant in self._mutants if _key(mutant) in self._tried]
        for mutant, outcome in sorted(outcomes, key=lambda one: (one[0].path, one[0].line)):
            if outcome != KILLED:
                print(f"{outcome}: {_shown(mutant)}")
        counted = Counter(outcome for _, outcome in outcomes)
        share = 100 * counted[KILLED] / max(len(outcomes), 1)
        print(f"{len(outcomes)} of {len(self._mutants)} mutants tried: {share:.1f} % killed, {dict(counted)}")
        print(f"{self._equivalent} more are listed as equivalent")
        return 0 if share >= least else 1

    def _try(self, mutant: Mutant, forks: Forks, reach: Reach, loaded: Loaded) -> str:
        lines = (mutant.line, mutant.line + mutant.old.count("\n"))
        tests = reach.tests_of(mutant.path, *lines)
        if not tests:
            return UNREACHED
        tests.sort(key=lambda test: -self._kills[mutant.path, test])
        try:
            is_constant = not loaded.check(mutant)
        except NotPlantableError:
            return self._try_alone(mutant, tests)
        if not is_constant and not reach.runs(mutant.path, *lines):
            return self._try_alone(mutant, tests)  # a function that only an import calls
        limits = {test: max(SLOWEST_LEAST, SLOWEST_FACTOR * reach.seconds[test]) for test in tests}
        verdict = forks.passes(tests, lambda: loaded.plant(mutant), limits=limits, seconds=self._seconds)
        if verdict.failed is not None:
            self._kills[mutant.path, verdict.failed] += 1
            return KILLED
        return self._try_alone(mutant, tests) if is_constant else SURVIVED

    def _try_alone(self, mutant: Mutant, tests: list[str]) -> str:
        """In a process of its own: what other modules and the API made of a constant was made before it changed."""
        text = mutant.apply((PROJECT / mutant.path).read_text())
        seconds = self._seconds + START_SECONDS
        passed = self._tree.passes([DOCUMENT, *tests], path=mutant.path, text=text, seconds=seconds)
        return SURVIVED if passed else KILLED

    def _read_tried(self) -> dict[str, str]:
        """What came of each mutant tried before, by its key; what survived other tests is tried again."""
        if not STATE.exists():
            return {}
        lines = [json.loads(line) for line in STATE.read_text().splitlines()]
        return {key: outcome for key, outcome, tests in lines if outcome == KILLED or tests == self._tests}

    def _say(self, text: str) -> None:
        print(text, file=self._screen, flush=True)


def _digest(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _key(mutant: Mutant) -> str:
    text = (PROJECT / mutant.path).read_bytes()
    return hashlib.sha256(mutant.name.encode() + text).hexdigest()[:20]


def _equivalent() -> set[tuple[str, str, str, str]]:
    listed = tomllib.loads(EQUIVALENT.read_text()).get("equivalent", [])
    assert all(one["reason"] for one in listed)
    return {(one["path"], one["line"], one["old"], one["new"]) for one in listed}


def _is_equivalent(mutant: Mutant, listed: set[tuple[str, str, str, str]]) -> bool:
    line = (PROJECT / mutant.path).read_text().splitlines()[mutant.line - 1].strip()
    return (mutant.path, line, mutant.old, mutant.new) in listed


def _shown(mutant: Mutant) -> str:
    old, new = (" ".join(text.split())[:90] for text in (mutant.old, mutant.new))
    return f"{mutant.path}:{mutant.line}: {old!r} -> {new!r}"


if __name__ == "__main__":
    sys.exit(main())
