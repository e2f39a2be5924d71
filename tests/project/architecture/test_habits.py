"""Rules about the tests themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[3]
TESTS = sorted((PROJECT / "tests").rglob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    """The full name of each module, and of each name that is imported from one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_nothing_is_imported_from_a_conftest_or_a_test_module() -> None:
    """What tests share is in a module of its own, so that one file can be moved or deleted without the others."""
    wrong = [
        f"{path.relative_to(PROJECT)}: {name}"
        for path in TESTS
        for name in imported(ast.parse(path.read_text()))
        if name.startswith("tests.")
        if any(part == "conftest" or part.startswith("test_") for part in name.split("."))
    ]
    assert not wrong


def test_a_conftest_gives_fixtures_and_hooks_alone() -> None:
    """What begins with an underscore is the file's own."""
    wrong = [
        f"{path.relative_to(PROJECT)}: {node.name}"
        for path in TESTS
        if path.name == "conftest.py"
        for node in ast.parse(path.read_text()).body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        if not node.name.startswith(("pytest_", "_"))
        if not any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
    ]
    assert not wrong
