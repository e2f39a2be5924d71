"""An in-process transport that refuses answers the OpenAPI document does not promise."""

import re
from typing import Any

import httpx
import jsonschema_rs
from fastapi import FastAPI


class CheckedTransport(httpx.ASGITransport):
    """Sends requests into the app and raises AssertionError for an undocumented status, media type, key or value."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app=app, raise_app_exceptions=False)
        self.document = app.openapi()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        check_response(self.document, request.method, request.url.path, response)
        return response


def check_response(document: dict[str, Any], method: str, path: str, response: httpx.Response) -> None:
    """Raise AssertionError unless the document promises this answer to this request."""
    operation = find_operation(document, method, path)
    if operation is None:
        assert response.status_code in (404, 405), f"{method} {path} is not in the document but answered"
        return
    name, status = operation["operationId"], str(response.status_code)
    assert status in operation["responses"], f"{name} answered {status}, which its document does not list"
    content = operation["responses"][status].get("content", {})
    if not content:
        assert not response.content, f"{name} {status} has a body its document does not list"
        return
    media_type = response.headers["content-type"].partition(";")[0]
    assert media_type in content, f"{name} {status} answered {media_type}"
    schema = content[media_type].get("schema")
    if schema and media_type.endswith("json"):
        whole = {**closed(schema), "components": closed(document["components"])}
        validator = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        errors = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(response.json())]
        assert not errors, f"{name} {status}: {errors}"


def find_operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """The operation that answers a path; templates with fewer parameters win, as in the router."""
    for template in sorted(document["paths"], key=lambda template: template.count("{")):
        pattern = re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in document["paths"][template]:
            found: dict[str, Any] = document["paths"][template][method.lower()]
            return found
    return None


def closed(schema: Any) -> Any:
    """The schema with `additionalProperties: false` on every object, so that undeclared keys are found."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        inner.setdefault("additionalProperties", False)
    return inner
