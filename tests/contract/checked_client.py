"""An in-process transport that rejects responses not declared in the OpenAPI document."""

import re
from functools import cache
from typing import Any

import httpx
import jsonschema_rs
from fastapi import FastAPI

from tests.contract.document import DOCUMENT, find_operation, operations, resolved, validator_of

# Objects and classes as Python writes them: `<LinkState.DRAFT: 'draft'>`, `<class 'str'>`, `<function f at 0x7f…>`.
PYTHON = re.compile(r"<\w+\.\w+: [^>]*>|<class '[^']*'>|<[^<>]* at 0x[0-9a-f]+>")

# Headers that describe the body or the connection; the document tells the former elsewhere, and nothing of the latter.
OF_HTTP = {"content-type", "content-length", "connection"}


class CheckedTransport(httpx.ASGITransport):
    """Sends requests into the app and raises AssertionError for answers that the OpenAPI document does not describe."""

    def __init__(self, app: FastAPI) -> None:
        super().__init__(app=app, raise_app_exceptions=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        await response.aread()
        check_response(request.method, request.url.path, response)
        return response


def check_response(method: str, path: str, response: httpx.Response) -> None:
    """Raise AssertionError unless the document declares this response to this request."""
    # HEAD is answered wherever GET is, with the same status and no body.
    operation = find_operation("GET" if method == "HEAD" else method, path)
    if operation is None:
        assert response.status_code in (404, 405), f"{method} {path} is not in the document but answered"
        return
    name, status = operation["operationId"], str(response.status_code)
    assert status in operation["responses"], f"{name} answered {status}, which its document does not list"
    declared = operation["responses"][status]
    _check_headers(f"{name} {status}", declared, response)
    content = declared.get("content", {})
    if method == "HEAD":
        assert not response.content, f"HEAD {path} has a body"
        return
    if not content:
        assert not response.content, f"{name} {status} has a body its document does not list"
        return
    media_type = response.headers["content-type"].partition(";")[0]
    assert media_type in content, f"{name} {status} answered {media_type}"
    if content[media_type].get("schema") and media_type.endswith("json"):
        validator = _validator(name, status, media_type)
        errors = [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(response.json())]
        assert not errors, f"{name} {status}: {errors}"
    if media_type == "application/problem+json":
        _check_catalogue(name, response.json())
        shown = PYTHON.findall(response.text)
        assert not shown, f"{name} {status} shows the inside of the program: {shown}"


def _check_headers(answer: str, declared: dict[str, Any], response: httpx.Response) -> None:
    """Raise AssertionError for a header that is not declared, or that is declared as required and missing."""
    headers = {key.lower(): resolved(reference) for key, reference in declared["headers"].items()}
    sent = {key for key in response.headers if key not in OF_HTTP and not key.startswith("access-control-")}
    assert sent <= set(headers), f"{answer} has headers its document does not list: {sent - set(headers)}"
    missing = {key for key, header in headers.items() if header["required"]} - sent
    assert not missing, f"{answer} lacks headers that its document promises: {missing}"


def _check_catalogue(name: str, problem: dict[str, Any]) -> None:
    """Raise AssertionError for a type or code that the document does not list."""
    schemas = DOCUMENT["components"]["schemas"]
    assert problem["type"] in schemas["Problem"]["properties"]["type"]["x-extensible-enum"], (name, problem)
    codes = {field["code"] for field in problem["errors"]}
    unlisted = codes - set(schemas["ProblemField"]["properties"]["code"]["x-extensible-enum"])
    assert not unlisted, f"{name} answers with codes that the document does not list: {unlisted}"


@cache
def _validator(name: str, status: str, media_type: str) -> jsonschema_rs.Draft202012Validator:
    (operation,) = (one for _, _, one in operations() if one["operationId"] == name)
    return validator_of(operation["responses"][status]["content"][media_type]["schema"])
