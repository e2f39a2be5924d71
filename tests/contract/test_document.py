"""The OpenAPI document is the committed one, complete, and its examples are true."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.main import create_api
from api.openapi.document import rendered
from campaigns.kit.settings import Settings
from tests.contract.document import DOCUMENT, operations, resolved, validator_of

PROJECT = Path(__file__).parents[2]
PROBLEM = {"$ref": "#/components/schemas/Problem"}
# Their answers when something is unavailable are those that they always give.
PROBES = {("health_live", "503"), ("health_ready", "503")}

OPERATIONS = [pytest.param(*one, id=one[2]["operationId"]) for one in operations()]


def test_the_committed_document_is_this_one() -> None:
    committed = (PROJECT / "openapi" / "openapi.json").read_text()
    assert committed == rendered(DOCUMENT), "run `make spec` and commit openapi/openapi.json"


def test_the_environment_does_not_change_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JARING_CORS_ORIGINS", "https://daftar.example")
    monkeypatch.setenv("JARING_TIMEZONE", "Europe/Berlin")
    monkeypatch.setenv("JARING_PORT", "9999")
    assert create_api(Settings()).openapi() == DOCUMENT


def test_operation_ids_are_unique() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
class TestOperation:
    def test_is_named_and_described(self, path: str, method: str, operation: dict[str, Any]) -> None:
        assert re.fullmatch(rf"{operation['tags'][0]}_[a-z_]+", operation["operationId"])
        assert operation.get("description"), path
        for parameter in operation.get("parameters", []):
            assert parameter.get("description") or parameter["in"] == "path", parameter["name"]
        assert method in {"get", "post", "patch"}

    def test_documents_its_refusals_as_problems(self, path: str, method: str, operation: dict[str, Any]) -> None:
        answers = operation["responses"]
        needed = {"500"}
        needed |= {"401", "403"} if operation.get("security") and "api_key" in operation["security"][0] else set()
        needed |= {"422"} if operation.get("parameters") or "requestBody" in operation else set()
        needed |= {"404"} if "{" in path else set()
        needed |= {"400", "413"} if "requestBody" in operation else set()
        assert needed <= set(answers)
        for status, answer in answers.items():
            if int(status) >= 400 and (operation["operationId"], status) not in PROBES:
                assert answer["content"] == {"application/problem+json": {"schema": PROBLEM}}, status

    def test_has_examples_that_are_true(self, path: str, method: str, operation: dict[str, Any]) -> None:
        contents = [operation["responses"][status].get("content", {}) for status in operation["responses"]]
        contents.append(operation.get("requestBody", {}).get("content", {}))
        for content in contents:
            for media_type, described in content.items():
                if not media_type.endswith("json"):
                    continue
                schema = described["schema"]
                inner = resolved(schema)
                if inner.get("title", "").startswith("ListPage"):
                    inner = resolved(inner["properties"]["items"]["items"])
                examples = inner.get("examples", [])
                assert examples, f"{inner.get('title')} has no example"
                validator = validator_of(inner)
                for example in examples:
                    assert [error.message for error in validator.iter_errors(example)] == []

    def test_bounds_its_texts_and_lists(self, path: str, method: str, operation: dict[str, Any]) -> None:
        """Every text and list in requests has a maximum size, so that nothing unbounded reaches a handler."""
        for content in operation.get("requestBody", {}).get("content", {}).values():
            for place, schema in leaves(content["schema"], "body"):
                if schema.get("type") == "string" and not {"format", "enum", "const"} & set(schema):
                    assert "maxLength" in schema, place
                if schema.get("type") == "array":
                    assert "maxItems" in schema, place


def leaves(schema: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    schema = resolved(schema)
    yield place, schema
    for name, inner in schema.get("properties", {}).items():
        yield from leaves(inner, f"{place}.{name}")
    for inner in schema.get("anyOf", []):
        yield from leaves(inner, place)
    if "items" in schema:
        yield from leaves(schema["items"], f"{place}[]")


def test_the_document_is_sorted_text() -> None:
    text = rendered(DOCUMENT)
    assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
