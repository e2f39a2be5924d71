"""Which files a trial plants faults in, and which tests it runs for each."""

from collections.abc import Iterator
from pathlib import Path

from tests.mutants.mutations import SQL, Mutant, find_mutants
from tests.mutants.tree import PROJECT

# Files that hold rules or SQL under other names.
LISTED = (
    "campaigns/links/standing.py",
    "campaigns/statistics/query",
    "campaigns/statistics/definitions",
    "campaigns/clicks/bots/reasons.py",
    "campaigns/clicks/tokens.py",
    "campaigns/clicks/visitors.py",
    "campaigns/naming",
    "campaigns/kit/database/paging.py",
    "campaigns/kit/idempotency.py",
)
# The tests of each slice beside unit/<slice> and database/<slice>.
TESTS = {
    "access": ["http/units", "http/audit", "contract/test_access_matrix.py"],
    "applicants": ["http/applications", "http/public"],
    "clicks": ["redirect"],
    "events": ["http/links"],
    "kit": ["http/audit", "http/links", "http/campaigns", "project/migrations"],
    "links": ["http/links", "http/public", "redirect", "destination_checks/test_operations.py"],
    "naming": ["http/links", "properties/links"],
    "planning": ["http/units", "http/programmes", "http/intakes", "http/campaigns", "http/channels"],
    "statistics": ["http/statistics", "http/test_unavailable.py"],
}


def mutants_below(paths: list[str]) -> Iterator[Mutant]:
    """The mutants of rules, queries, and whatever holds SQL below the paths; of a file named, all."""
    for path in paths:
        found = PROJECT / path
        for file in sorted(found.rglob("*.py")) if found.is_dir() else [found]:
            text, name = file.read_text(), str(file.relative_to(PROJECT))
            parts = {file.stem, file.parent.name}
            if found == file or {"rules", "queries"} & parts or name.startswith(LISTED) or SQL.search(text):
                yield from find_mutants(name, text)


def tests_for(paths: list[str]) -> list[str]:
    """The folders and files of tests that exist for the slices of these paths; for the whole domain, those of all."""
    names = {path.rstrip("/").removesuffix(".py").split("/")[1] for path in paths if "/" in path.strip("/")}
    chosen = names or {folder.name for folder in (PROJECT / "campaigns").iterdir() if folder.is_dir()}
    listed = [
        f"tests/{place}"
        for name in sorted(chosen)
        for place in (f"unit/{name}", f"database/{name}", *TESTS.get(name, ()))
    ]
    return [name for name in dict.fromkeys(listed) if (PROJECT / name).exists()]


def files_of_tests(tests: list[str]) -> Iterator[Path]:
    for name in tests:
        found = PROJECT / name.partition("::")[0]
        yield from sorted(found.rglob("*.py")) if found.is_dir() else [found]
