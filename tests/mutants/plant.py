"""Plants a mutant in the modules of this process, so that no test run has to import the project again.

A changed function gets its new code; a changed constant is evaluated again and bound wherever the old one was.
"""

import ast
import functools
import gc
import sys
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tests.mutants.mutations import Mutant


class NotPlantableError(Exception):
    """The mutant is in a class body, a decorator or a default, which only an import evaluates."""


class Loaded:
    """The functions and caches of the project's imported modules, found once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._functions: dict[tuple[str, str, int], list[FunctionType]] = {}
        self._caches: list[Any] = []
        for found in gc.get_objects():
            if isinstance(found, FunctionType) and found.__code__.co_filename.startswith(str(root)):
                self._functions.setdefault(_place(found.__code__), []).append(found)
            elif isinstance(found, functools._lru_cache_wrapper) and found.__module__.startswith(
                ("api.", "campaigns.")
            ):
                self._caches.append(found)

    def plant(self, mutant: Mutant) -> None:
        """Change the running code; raises NotPlantableError. There is no way back but to end the process."""
        codes = self.check(mutant)
        for place, code in codes.items():
            for one in self._functions[place]:
                one.__code__ = code
        if not codes:
            self._plant_constants(mutant)
        for cached in self._caches:
            cached.cache_clear()

    def check(self, mutant: Mutant) -> dict[tuple[str, str, int], CodeType]:
        """The new code of the functions that change, none if a constant does; raises NotPlantableError."""
        path = self.root / mutant.path
        text = path.read_text()
        function = _function_around(mutant, text)
        if function is None:
            return {}
        codes = {_place(code): code for code in _codes(compile(mutant.apply(text), str(path), "exec"))}
        # Functions that it made when it was called before keep the code they had; they get theirs too.
        changed = {
            place: code
            for place, code in codes.items()
            if place[1].partition(".<locals>.")[0] == function and place in self._functions
        }
        if not changed or not all(self._takes(place, code) for place, code in changed.items()):
            raise NotPlantableError
        return changed

    def _takes(self, place: tuple[str, str, int], code: CodeType) -> bool:
        """Whether the functions of a place can run the code: it uses as many variables of the function around it."""
        return all(len(one.__code__.co_freevars) == len(code.co_freevars) for one in self._functions[place])

    def _plant_constants(self, mutant: Mutant) -> None:
        """Evaluate the changed assignment and those after it, and bind the names that hold the old values."""
        path = self.root / mutant.path
        tree = ast.parse(mutant.apply(path.read_text()))
        module = _module(path)
        changed = next(node for node in tree.body if node.lineno <= mutant.line <= (node.end_lineno or 0))
        names = dict(vars(module))
        for node in tree.body[tree.body.index(changed) :]:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                exec(compile(ast.Module([node], []), module.__file__ or "", "exec"), names)
        for name, value in names.items():
            old = vars(module).get(name)
            if name not in ("__builtins__", "__annotations__") and value is not old:
                for other in list(sys.modules.values()):
                    if isinstance(other, ModuleType) and vars(other).get(name) is old:
                        setattr(other, name, value)


def _place(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _codes(code: CodeType) -> list[CodeType]:
    inner = [found for const in code.co_consts if isinstance(const, CodeType) for found in _codes(const)]
    return [code, *inner]


def _module(path: Path) -> ModuleType:
    return next(module for module in list(sys.modules.values()) if getattr(module, "__file__", None) == str(path))


def _function_around(mutant: Mutant, text: str) -> str | None:
    """The qualified name of the outermost function whose body holds the mutant."""

    def search(body: list[ast.stmt], prefix: str) -> str | None:
        for node in body:
            if not node.lineno <= mutant.line <= (node.end_lineno or 0):
                continue
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                if mutant.line < node.body[0].lineno:
                    raise NotPlantableError
                return prefix + node.name
            if isinstance(node, ast.ClassDef):
                if (found := search(node.body, f"{prefix}{node.name}.")) is None:
                    raise NotPlantableError
                return found
            if not isinstance(node, ast.Assign | ast.AnnAssign):
                raise NotPlantableError
        return None

    return search(ast.parse(text).body, "")
