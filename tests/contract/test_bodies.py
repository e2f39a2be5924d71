"""What the document calls invalid in a JSON body is refused, value by value: nothing is converted without a word."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError

from api.main import ROUTERS
from tests.contract.document import operations, resolved, validator_of

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -1,
    2.0,
    2.5,
    "",
    "1",
    "2",
    " 2 ",
    "2_0",
    "true",
    "yes",
    "on",
    [],
    [None],
    {},
]
ODD += ["2026-11-24", "1600000000", 1600000000, 2**70, "\x00", "x" * 3000]
# A registration is refused for nothing that a phone or keyboard does (docs/decisions/0014).
READ_BY_THE_DOMAIN = {"public_register"}
Place = tuple[str | int, ...]

BODIES = {
    operation["operationId"]: resolved(content["schema"])
    for _, _, operation in operations()
    if (content := operation.get("requestBody", {}).get("content", {}).get("application/json"))
}
ROUTES = {
    f"{route.tags[0]}_{route.name}": route
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute) and route.body_field
}


def places(value: Any, place: Place = ()) -> Iterator[Place]:
    """The place of every value in a body, from the body itself to the innermost."""
    yield place
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from places(inner, (*place, name))


def replaced(body: Any, place: Place, value: Any) -> Any:
    if not place:
        return value
    changed = deepcopy(body)
    holder = changed
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = value
    return changed


@pytest.mark.parametrize("operation", sorted(set(BODIES) - READ_BY_THE_DOMAIN))
def test_what_the_document_forbids_is_refused(operation: str) -> None:
    schema, field = BODIES[operation], ROUTES[operation].body_field
    assert field is not None
    assert field.field_info.annotation is not None
    validator, adapter = validator_of(schema), TypeAdapter[Any](field.field_info.annotation)
    example = schema["examples"][0]
    taken = []
    for place in places(example):
        for value in ODD:
            body = replaced(example, place, value)
            if not validator.is_valid(body):
                try:
                    adapter.validate_python(body)
                except ValidationError:
                    continue
                taken.append((place, value))
    assert not taken
