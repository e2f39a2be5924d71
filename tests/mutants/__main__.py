"""`make mutants`: plants small faults in rules, queries and SQL, one at a time, and prints those no test notices.

A run may be stopped at any time, and goes on where it was: `.mutants/` keeps what was tried while a file stays
the same. Mutants come in a random but fixed order, so that what a bounded run has tried is a sample of all.

    python -m tests.mutants --minutes 30 campaigns/planning
    python -m tests.mutants --tests tests/unit tests/http --measure   # after tests have changed

`tests/mutants/equivalent.toml` lists mutants that change nothing anybody could see, each with the reason.
"""

import argparse
import hashlib
import json
import random
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.mutants.mutations import SQL, Mutant, find_mutants
from tests.mutants.tree import PROJECT, Tree

HOME = PROJECT / ".mutants"
STATE = HOME / "tried.jsonl"
EQUIVALENT = Path(__file__).with_name("equivalent.toml")
KILLED, SURVIVED, UNREACHED = "killed", "survived", "not reached by a test"


def main() -> int:
    options = _options()
    HOME.mkdir(exist_ok=True)
    tree = Tree(HOME)
    tree.make()
    if options.measure or not (HOME / "coverage").exists():
        tree.measure(options.tests)
    mutants = list(_mutants(options.paths))
    random.Random(7).shuffle(mutants)
    tried = _tried()
    deadline = time.monotonic() + options.minutes * 60
    try:
        _try_all(tree, mutants, tried, deadline=deadline, seconds=options.seconds)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from here", file=sys.stderr)
    return _report(mutants, tried, least=options.least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description="A mutation trial.")
    parser.add_argument("paths", nargs="*", default=["campaigns"], help="files or folders to plant faults in")
    parser.add_argument("--minutes", type=float, default=60, help="end after this time; the next run goes on")
    parser.add_argument("--seconds", type=float, default=180, help="how long the tests of one mutant may take")
    parser.add_argument("--least", type=float, default=95, help="fail if fewer per cent are killed")
    parser.add_argument("--measure", action="store_true", help="find out again which tests reach which lines")
    parser.add_argument("--tests", nargs="+", default=["tests"], help="the tests to measure")
    return parser.parse_args()


def _mutants(paths: list[str]) -> Iterator[Mutant]:
    """The mutants of rules, queries, and whatever holds SQL below the paths."""
    for path in paths:
        found = PROJECT / path
        for file in sorted(found.rglob("*.py")) if found.is_dir() else [found]:
            text = file.read_text()
            if found == file or {"rules", "queries"} & {file.stem, file.parent.name} or SQL.search(text):
                yield from find_mutants(str(file.relative_to(PROJECT)), text)


def _key(mutant: Mutant) -> str:
    text = (PROJECT / mutant.path).read_bytes()
    return hashlib.sha256(mutant.name.encode() + text).hexdigest()[:20]


def _tried() -> dict[str, str]:
    """What came of each mutant tried before, by its key."""
    if not STATE.exists():
        return {}
    return dict(json.loads(line) for line in STATE.read_text().splitlines())


def _equivalent() -> set[tuple[str, str, str, str]]:
    listed = tomllib.loads(EQUIVALENT.read_text()).get("equivalent", [])
    assert all(one["reason"] for one in listed)
    return {(one["path"], one["line"], one["old"], one["new"]) for one in listed}


def _is_equivalent(mutant: Mutant, listed: set[tuple[str, str, str, str]]) -> bool:
    line = (PROJECT / mutant.path).read_text().splitlines()[mutant.line - 1].strip()
    return (mutant.path, line, mutant.old, mutant.new) in listed


def _try_all(tree: Tree, mutants: list[Mutant], tried: dict[str, str], *, deadline: float, seconds: float) -> None:
    listed = _equivalent()
    for number, mutant in enumerate(mutants, 1):
        if time.monotonic() > deadline:
            print(f"\nthe time is over at {number - 1} of {len(mutants)}", file=sys.stderr)
            return
        if _key(mutant) in tried or _is_equivalent(mutant, listed):
            continue
        outcome = _try(tree, mutant, seconds=seconds)
        tried[_key(mutant)] = outcome
        with STATE.open("a") as state:
            state.write(json.dumps([_key(mutant), outcome]) + "\n")
        print(f"{number}/{len(mutants)} {outcome}: {_shown(mutant)}", file=sys.stderr)


def _try(tree: Tree, mutant: Mutant, *, seconds: float) -> str:
    reached = tree.tests_of(mutant.path)
    last = mutant.line + mutant.old.count("\n")
    tests = list(dict.fromkeys(test for line in range(mutant.line, last + 1) for test in reached[line]))
    if not tests:
        tests = _tests_of_statement(mutant, reached)
    if not tests:
        return UNREACHED
    text = (PROJECT / mutant.path).read_text()
    planted = tree.root / mutant.path
    planted.write_text(mutant.apply(text))
    try:
        return SURVIVED if tree.passes(tests, seconds=seconds) else KILLED
    finally:
        planted.write_text(text)


def _tests_of_statement(mutant: Mutant, reached: dict[int, list[str]]) -> list[str]:
    """The tests of the nearest line above that any reaches: a long text counts at its first line."""
    for line in range(mutant.line, max(mutant.line - 60, 0), -1):
        if reached[line]:
            return reached[line]
    return []


def _shown(mutant: Mutant) -> str:
    old, new = (" ".join(text.split())[:90] for text in (mutant.old, mutant.new))
    return f"{mutant.path}:{mutant.line}: {old!r} -> {new!r}"


def _report(mutants: list[Mutant], tried: dict[str, str], *, least: float) -> int:
    outcomes = [(mutant, tried[_key(mutant)]) for mutant in mutants if _key(mutant) in tried]
    for mutant, outcome in sorted(outcomes, key=lambda one: (one[0].path, one[0].line)):
        if outcome != KILLED:
            print(f"{outcome}: {_shown(mutant)}")
    counted = Counter(outcome for _, outcome in outcomes)
    share = 100 * counted[KILLED] / max(len(outcomes), 1)
    print(f"{len(outcomes)} of {len(mutants)} mutants tried: {share:.1f} % killed, {dict(counted)}")
    return 0 if share >= least else 1


if __name__ == "__main__":
    sys.exit(main())
