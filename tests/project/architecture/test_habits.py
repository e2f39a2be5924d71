"""Rules about the tests themselves."""

import ast
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[3]
TESTS = sorted((PROJECT / "tests").rglob("*.py"))


def imported(tree: ast.Module) -> Iterator[str]:
    """The full name of each module that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            yield module
            folder = PROJECT / module.replace(".", "/")
            yield from (f"{module}.{alias.name}" for alias in node.names if (folder / f"{alias.name}.py").exists())


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


# Of the standard library, and documented all the same.
PUBLIC = {"os._exit", "functools._lru_cache_wrapper"}


def private_names(tree: ast.Module) -> Iterator[str]:
    """What is read, imported or replaced by a name that its owner keeps to itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) not in ("self", "cls"):
            names = [(ast.unparse(node), node.attr)]
        elif isinstance(node, ast.ImportFrom):
            names = [(f"{node.module}.{alias.name}", alias.name) for alias in node.names]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("setattr", "getattr", "delattr"):
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            names = [(ast.unparse(node), text.rpartition(".")[2]) for text in texts]
        else:
            continue
        for shown, name in names:
            if name.startswith("_") and not name.startswith("__") and shown not in PUBLIC:
                yield shown


def test_nothing_private_is_looked_into() -> None:
    """Tests use what the code offers everybody, so that its inside can change without them."""
    wrong = [
        f"{path.relative_to(PROJECT)}: {name}" for path in TESTS for name in private_names(ast.parse(path.read_text()))
    ]
    assert not wrong


def test_private_names_are_found() -> None:
    planted = """
from module import _name
thing._name
self.thing._name
monkeypatch.setattr(module, "_name", 1)
monkeypatch.setattr("module._name", 1)
os._exit(0)
self._name
thing.__class__
"""
    assert len(list(private_names(ast.parse(planted)))) == 5


def replaced_constants(tree: ast.Module) -> Iterator[str]:
    """Names in capitals that `monkeypatch.setattr` replaces."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "setattr":
            texts = [one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]
            yield from (text for text in texts if text.isupper())


# Constants that tests still replace instead of passing a parameter. This list may only shrink.
REPLACED = {
    "HEARTBEAT_SECONDS",
    "LOOK_UP_SECONDS",
}


def test_no_further_constant_is_replaced() -> None:
    found = {name for path in TESTS for name in replaced_constants(ast.parse(path.read_text()))}
    assert not found - REPLACED, "make it a parameter with this default"
    assert not REPLACED - found, "take these off the list"
