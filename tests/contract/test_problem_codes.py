"""Every problem type and code that the code raises is registered, and every registered one is raised."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.problem_codes.fields import FIELD_CODES
from api.problem_codes.inputs import INPUT_ERRORS
from api.problem_codes.language import preferred_language
from api.problem_codes.page import problems_page
from api.problem_codes.problems import PROBLEMS
from api.problem_codes.sentences import SENTENCES
from api.problem_codes.types import Text

PROJECT = Path(__file__).parents[2]
# Where the code stands in a call that refuses something, by the name that is called.
CODES = {
    "FieldError": 2,
    "invalid_field": 2,
    "invalid_filter": 2,
    "invalid_parameter": 2,
    "refuse": 1,
    "AnswerError": 0,
    "Conflict": 0,
    "Forbidden": 0,
    "Invalid": 0,
    "InvalidParameter": 0,
    "Unavailable": 0,
    "TooManyRequests": 0,
    "_refuse": 3,
}
# Spoken of by name only, not as the argument of a call.
NAMED = {"near-double", "unknown-source", "invalid"}


def calls() -> Iterator[tuple[ast.Call, str]]:
    """Each call in the code, with its place."""
    for root in ("api", "campaigns"):
        for path in sorted((PROJECT / root).rglob("*.py")):
            if "problem_codes" in path.parts:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    yield node, f"{path.relative_to(PROJECT)}:{node.lineno}"


def raised() -> Iterator[tuple[str, str]]:
    """Each code that a call names, with the place of the call."""
    for call, place in calls():
        yield from ((code, place) for code in codes_in(call))


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def codes_in(call: ast.Call) -> Iterator[str]:
    name = called(call)
    places = [call.args[CODES[name]]] if name in CODES and len(call.args) > CODES[name] else []
    if name in CODES or name == "problem_response":
        places += [keyword.value for keyword in call.keywords if keyword.arg == "code"]
    # `super().__init__("not-found", …)` of an error that has one code only.
    if name == "__init__" and len(call.args) > 1:
        places.append(call.args[0])
    for place in places:
        if isinstance(place, ast.Constant) and isinstance(place.value, str):
            yield place.value


def test_what_is_looked_for_is_there() -> None:
    """A renamed function would otherwise take its codes out of the test below."""
    assert set(CODES) <= {called(call) for call, _ in calls()}


def test_every_code_that_is_raised_is_registered() -> None:
    unknown = {code: place for code, place in raised() if code not in PROBLEMS and code not in FIELD_CODES}
    assert not unknown, "give each a row in api/problem_codes/problems.py or fields.py, then `make spec`"


def test_every_registered_code_is_raised() -> None:
    texts = "\n".join(
        path.read_text()
        for root in ("api", "campaigns")
        for path in (PROJECT / root).rglob("*.py")
        if "problem_codes" not in path.parts
    )
    unraised = [code for code in (*PROBLEMS, *FIELD_CODES) if f'"{code}"' not in texts and code not in NAMED]
    assert not unraised, "take these rows off api/problem_codes"


def test_the_page_is_the_committed_one() -> None:
    committed = (PROJECT / "docs" / "problems.md").read_text()
    assert committed == problems_page(), "run `make spec` and commit docs/problems.md"


def places_in(text: str) -> set[str]:
    return {part.partition("}")[0] for part in text.split("{")[1:]}


def test_translations_have_the_same_values() -> None:
    texts = [*INPUT_ERRORS.values(), *(Text(*pair) for pair in SENTENCES.items())]
    assert [text.en for text in texts if places_in(text.en) != places_in(text.id)] == []
    assert all(problem.title.en and problem.title.id and problem.occurs for problem in PROBLEMS.values())


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("id", "id"),
        ("in-ID,in;q=0.9,en;q=0.8", "id"),
        ("id-ID;q=0.5, en-US", "en"),
        ("fr, id;q=0.1", "id"),
        ("fr", "en"),
        ("*", "en"),
        ("id;q=0, en;q=0", "en"),
        ("id;q=x", "en"),
        ("x" * 5000, "en"),
    ],
)
def test_the_language_is_the_one_wanted_most(header: str | None, language: str) -> None:
    assert preferred_language(header) == language
