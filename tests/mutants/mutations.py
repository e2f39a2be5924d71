"""Small faults to plant in Python and in the SQL inside it, found by walking the syntax tree of a file.

A mutant is a change of one stretch of text, so that everything else of the file stays as it is written.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

COMPARISONS = {
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Is: "is not",
    ast.IsNot: "is",
    ast.In: "not in",
    ast.NotIn: "in",
}
ARITHMETIC = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.FloorDiv: "*",
    ast.BitOr: "&",
    ast.BitAnd: "|",
}
# Methods of a statement without which it still runs.
DROPPED_METHODS = frozenset({"where", "order_by", "limit", "with_for_update", "distinct", "having", "offset"})
# Texts of programs and people, and what a decorator makes of a class, whose change no rule or query can show.
UNTOUCHED_CALLS = frozenset({"Field", "Query", "dataclass", "log", "info", "warning", "error", "debug"})
# `zip(…, strict=True)` is an assertion.
UNTOUCHED_KEYWORDS = frozenset({"strict"})
SQL = re.compile(r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|JOIN)\b")
SQL_FAULTS = [
    (re.compile(r"\bAND (?:NOT )?[^()]*?(?=\s+AND\b|\s+ORDER\b|\s+GROUP\b|\s+LIMIT\b|\s+RETURNING\b|$)"), ""),
    (re.compile(r"<="), "<"),
    (re.compile(r">="), ">"),
    (re.compile(r"(?<![<>=-])<(?![=>])"), "<="),
    (re.compile(r"(?<![<>=-])>(?![=>])"), ">="),
    (re.compile(r"<>"), "="),
    (re.compile(r"\bORDER BY [^()]*?(?=\s+LIMIT\b|\s+FOR\b|$)"), ""),
    (re.compile(r"\bLIMIT \S+"), ""),
    (re.compile(r"\bFOR (?:NO KEY )?UPDATE(?: SKIP LOCKED| NOWAIT)?"), ""),
    (re.compile(r"\bSKIP LOCKED"), ""),
    (re.compile(r"\bNOT\b(?! NULL| EXISTS)"), ""),
    (re.compile(r"\bDISTINCT\b"), ""),
    (re.compile(r"\bAND\b"), "OR"),
    (re.compile(r"\bDESC\b"), "ASC"),
    (re.compile(r"\bLEFT JOIN\b"), "JOIN"),
]


@dataclass(frozen=True)
class Mutant:
    """One fault: the text from `start` to `end` (offsets into the file's text) is replaced by `new`."""

    path: str
    line: int
    start: int
    end: int
    old: str
    new: str

    @property
    def name(self) -> str:
        """The same as long as the file's text is."""
        return f"{self.path}:{self.start}:{self.end}:{self.new}"

    def apply(self, text: str) -> str:
        return text[: self.start] + self.new + text[self.end :]


class Change(NamedTuple):
    """A replacement, by offsets."""

    start: int
    end: int
    new: str


def find_mutants(path: str, text: str) -> list[Mutant]:
    """All mutants of a file that still parse, in the order of its lines."""
    found: dict[tuple[int, int, str], Mutant] = {}
    places = _Places(text)
    for change in _changes(ast.parse(text), places):
        mutant = Mutant(
            path,
            text.count("\n", 0, change.start) + 1,
            change.start,
            change.end,
            text[change.start : change.end],
            change.new,
        )
        if mutant.old != mutant.new and _parses(mutant.apply(text)):
            found.setdefault((change.start, change.end, change.new), mutant)
    return sorted(found.values(), key=lambda mutant: (mutant.start, mutant.end, mutant.new))


def _parses(text: str) -> bool:
    try:
        compile(text, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


class _Places:
    """Offsets of syntax nodes, whose columns are counted in UTF-8 bytes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = text.splitlines(keepends=True)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt | ast.keyword) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _offset(self, line: int, column: int) -> int:
        return self._starts[line - 1] + len(self._lines[line - 1].encode()[:column].decode())


def _changes(tree: ast.Module, places: _Places) -> Iterator[Change]:
    for node in _walk(tree):
        match node:
            case ast.Compare():
                yield from _comparisons(node, places)
            case ast.BoolOp():
                yield from _conditions(node, places)
            case ast.UnaryOp(op=ast.Not()):
                yield Change(*places.span(node), places.text[slice(*places.span(node.operand))])
            case ast.BinOp(op=operator) if type(operator) in ARITHMETIC:
                yield from _between(node.left, node.right, ARITHMETIC[type(operator)], places)
            case ast.Constant():
                yield from _constants(node, places)
            case ast.IfExp() | ast.If() | ast.While():
                start, end = places.span(node.test)
                yield Change(start, end, "True" if not isinstance(node, ast.While) else "False")
                yield Change(start, end, "False")
            case ast.comprehension():
                for condition in node.ifs:
                    yield Change(*places.span(condition), "True")
            case ast.Call():
                yield from _calls(node, places)
            case ast.Expr(value=ast.Call() | ast.Await()):
                yield Change(*places.span(node), "pass")


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    """Every node but annotations, documentation, and what only logs or describes."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        call = child.value if isinstance(child, ast.Expr) else child
        if isinstance(call, ast.Call) and _called(call) in UNTOUCHED_CALLS:
            continue
        if isinstance(child, ast.Raise | ast.Import | ast.ImportFrom):
            continue
        if isinstance(child, ast.keyword) and child.arg in UNTOUCHED_KEYWORDS:
            continue
        if isinstance(child, ast.ClassDef):
            for statement in child.body:
                yield from _walk(ast.Module([statement], []))
            continue
        if isinstance(child, ast.AnnAssign):
            if child.value is not None:
                yield child.value
                yield from _walk(child.value)
            continue
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from [*child.args.defaults, *filter(None, child.args.kw_defaults)]
            for statement in child.body:
                yield from _walk(ast.Module([statement], []))
            continue
        yield child
        yield from _walk(child)


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _between(left: ast.expr, right: ast.expr, new: str, places: _Places) -> Iterator[Change]:
    start, end = places.span(left)[1], places.span(right)[0]
    text = places.text[start:end]
    operator = text.strip(" ()\n\\")
    if operator and "#" not in text:
        place = start + text.index(operator)
        yield Change(place, place + len(operator), new)


def _comparisons(node: ast.Compare, places: _Places) -> Iterator[Change]:
    left = node.left
    for operator, right in zip(node.ops, node.comparators, strict=True):
        yield from _between(left, right, COMPARISONS[type(operator)], places)
        left = right


def _conditions(node: ast.BoolOp, places: _Places) -> Iterator[Change]:
    neutral = "True" if isinstance(node.op, ast.And) else "False"
    for value in node.values:
        yield Change(*places.span(value), neutral)
    yield from _between(node.values[0], node.values[1], "or" if neutral == "True" else "and", places)


def _constants(node: ast.Constant, places: _Places) -> Iterator[Change]:
    start, end = places.span(node)
    match node.value:
        case bool():
            yield Change(start, end, str(not node.value))
        case int() | float():
            yield Change(start, end, str(node.value + 1))
        case str() if SQL.search(node.value):
            for pattern, new in SQL_FAULTS:
                for fault in pattern.finditer(places.text, start, end):
                    yield Change(fault.start(), fault.end(), new)


def _calls(node: ast.Call, places: _Places) -> Iterator[Change]:
    start, end = places.span(node)
    match node.func:
        case ast.Attribute(value=value, attr=name) if name in DROPPED_METHODS:
            yield Change(start, end, places.text[slice(*places.span(value))])
            if name == "where" and len(node.args) > 1:
                for argument in node.args:
                    yield Change(*places.span(argument), "True")
        case ast.Name(id="and_" | "or_"):
            for argument in node.args:
                yield Change(*places.span(argument), "True" if node.func.id == "and_" else "False")
    for keyword in node.keywords:
        if keyword.arg not in {None, *UNTOUCHED_KEYWORDS} and not isinstance(keyword.value, ast.Name):
            first, last = places.span(keyword)
            after = re.compile(r"\s*,").match(places.text, last)
            yield Change(first, after.end() if after else last, "")
