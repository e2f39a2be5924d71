"""The registry of problems in the OpenAPI document: every `type` of a problem and every `code` of `errors[]`.

They are listed as `x-extensible-enum` and not as `enum`: a later release may add some, and a client that was generated
before must still take the answer.
"""

from typing import Any

from api.http.problems import TYPE_PREFIX
from api.problem_codes.fields import FIELD_CODES
from api.problem_codes.inputs import INPUT_ERRORS
from api.problem_codes.problems import PROBLEMS


def list_problems(schemas: dict[str, Any]) -> None:
    """Add the registry to the schemas `Problem` and `ProblemField`."""
    types = {f"{TYPE_PREFIX}{code}": f"{problem.status}. {problem.occurs}" for code, problem in PROBLEMS.items()}
    _list(schemas["Problem"]["properties"]["type"], types)
    inputs = {kind.replace("_", "-"): text.en for kind, text in INPUT_ERRORS.items()}
    _list(
        schemas["ProblemField"]["properties"]["code"], inputs | {code: one.occurs for code, one in FIELD_CODES.items()}
    )


def _list(described: dict[str, Any], meanings: dict[str, str]) -> None:
    lines = [f"- `{value}`: {meaning}" for value, meaning in sorted(meanings.items())]
    described["description"] = "\n".join([f"{described['description']} More can be added.", "", *lines])
    described["x-extensible-enum"] = sorted(meanings)
