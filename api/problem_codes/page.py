"""The page docs/problems.md, written from the registry by `jaring problems`."""

from collections.abc import Iterator

from api.problem_codes.fields import FIELD_CODES
from api.problem_codes.inputs import INPUT_ERRORS
from api.problem_codes.problems import PROBLEMS

_HEAD = """\
# Problems

Written by `make spec` from `api/problem_codes`. Every error is a problem document (RFC 9457) whose `type` is
`urn:jaring:problem:` and one of these codes. Compare `type` and `code`; show `detail`. `title` and `detail` are in
English, or in Indonesian where `Accept-Language` wants `id` (or `in`, its withdrawn code).
"""


def problems_page() -> str:
    """The page as Markdown."""
    return "\n".join([_HEAD, *_types(), "", *_codes(), "", *_inputs()]) + "\n"


def _types() -> Iterator[str]:
    yield from ("## Types", "", "| Type | Status | Title | In Indonesian | When |", "|---|---|---|---|---|")
    for code, problem in sorted(PROBLEMS.items()):
        yield f"| `{code}` | {problem.status} | {problem.title.en} | {problem.title.id} | {problem.occurs} |"


def _codes() -> Iterator[str]:
    yield from ("## Codes of `errors[]`", "", "| Code | When | In English | In Indonesian |", "|---|---|---|---|")
    for code, field in sorted(FIELD_CODES.items()):
        yield f"| `{code}` | {field.occurs} | {field.general.en} | {field.general.id} |"


def _inputs() -> Iterator[str]:
    yield from (
        "## Codes of wrong types, lengths and formats",
        "",
        "| Code | In English | In Indonesian |",
        "|---|---|---|",
    )
    for kind, text in sorted(INPUT_ERRORS.items()):
        yield f"| `{kind.replace('_', '-')}` | {text.en} | {text.id} |"
