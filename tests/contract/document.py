"""The OpenAPI document as the tests read it, generated once in a process: it is the same for all settings.

Generating it takes a third of a second, longer than most tests of a route.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import jsonschema_rs

from api.main import create_api
from campaigns.kit.settings import Settings

DOCUMENT: dict[str, Any] = create_api(Settings.model_construct()).openapi()


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The path, method and description of every operation."""
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def find_operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation that answers a path; templates with fewer parameters win, as in the router."""
    for pattern, methods in _patterns():
        if pattern.fullmatch(path) and method.lower() in methods:
            found: dict[str, Any] = methods[method.lower()]
            return found
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    templates = sorted(DOCUMENT["paths"], key=lambda template: template.count("{"))
    return [
        (re.compile(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))), DOCUMENT["paths"][template])
        for template in templates
    ]


def resolved(described: dict[str, Any]) -> dict[str, Any]:
    """A schema or header itself, where the document names it only."""
    while "$ref" in described:
        _, _, kind, name = described["$ref"].split("/")
        described = DOCUMENT["components"][kind][name]
    return described


def validator_of(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A validator that also refuses keys the schema does not declare."""
    whole = {**closed(schema), "components": _closed_components()}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


@cache
def _closed_components() -> Any:
    return closed(DOCUMENT["components"])


def closed(schema: Any) -> Any:
    """The schema with `additionalProperties: false` on every object."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        inner.setdefault("additionalProperties", False)
    return inner
