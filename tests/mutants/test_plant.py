"""A mutant changes the code that runs, in whatever has imported it."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.mutations import find_mutants
from tests.mutants.plant import Loaded, NotPlantableError

RULES = """
MOST = 3
SENTENCE = f"at most {MOST}"
def few(number):
    return number < MOST
def more_than(least):
    def holds(number):
        return number > least
    return holds
class Limit:
    least = 1
    def holds(self, number):
        return number > self.least
"""
USER = """
from planted_rules import MOST, SENTENCE, few
def told(number):
    return few(number), MOST, SENTENCE
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, ModuleType]]:
    (tmp_path / "planted_rules.py").write_text(RULES)
    (tmp_path / "planted_user.py").write_text(USER)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("planted_rules"), importlib.import_module("planted_user")
    for name in ("planted_rules", "planted_user"):
        del sys.modules[name]


def plant(folder: Path, line: int, new: str) -> None:
    (mutant,) = (one for one in find_mutants("planted_rules.py", RULES) if (one.line, one.new) == (line, new))
    Loaded(folder).plant(mutant)


def test_a_function_runs_its_new_code_wherever_it_was_imported(
    modules: tuple[ModuleType, ModuleType], tmp_path: Path
) -> None:
    rules, user = modules
    assert user.told(3)[0] is False
    plant(tmp_path, 5, "<=")
    assert user.told(3)[0] is True
    assert rules.Limit().holds(1) is False


def test_a_method_runs_its_new_code(modules: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    limit = modules[0].Limit()
    plant(tmp_path, 13, ">=")
    assert limit.holds(1) is True


def test_a_function_made_before_by_another_runs_its_new_code(
    modules: tuple[ModuleType, ModuleType], tmp_path: Path
) -> None:
    made = modules[0].more_than(1)
    plant(tmp_path, 8, ">=")
    assert [made(1), modules[0].more_than(1)(1)] == [True, True]


def test_a_constant_changes_with_those_made_of_it(modules: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    plant(tmp_path, 2, "4")
    assert modules[1].told(3) == (True, 4, "at most 4")


def test_a_class_body_is_left_to_an_import(modules: tuple[ModuleType, ModuleType], tmp_path: Path) -> None:
    with pytest.raises(NotPlantableError):
        plant(tmp_path, 11, "2")
