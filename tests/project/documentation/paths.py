"""References of the documentation to the code, and whether they exist."""

import ast
import re
from pathlib import Path

PROJECT = Path(__file__).parents[3]
# A path in backticks, and names in backticks after it that the file must define.
REFERENCE = re.compile(
    r"`((?:api|campaigns|alembic|benchmarks|tests|docs|openapi)/[\w./-]*)`((?:(?:, | )`\w+(?:\.\w+)?`)*)"
)


def references(text: str) -> list[tuple[str, list[str]]]:
    """Every path that a text names in backticks, with the names that follow it, as in: `api/main.py` `create_api`."""
    return [(path, re.findall(r"`([\w.]+)`", names)) for path, names in REFERENCE.findall(text)]


def defined_names(path: Path) -> set[str]:
    """The names that a module defines: functions, classes, constants, and methods as Class.method."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = (one for one in node.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
            names |= {f"{node.name}.{method.name}" for method in methods}
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def broken_references(text: str) -> list[str]:
    """The references of a text that do not exist: files, or names in them."""
    broken = []
    for path, names in references(text):
        if not (PROJECT / path).exists():
            broken.append(path)
        elif names:
            broken += [f"{path} {name}" for name in names if name not in defined_names(PROJECT / path)]
    return broken
