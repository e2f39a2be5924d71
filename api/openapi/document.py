"""The OpenAPI document: the one of FastAPI, with every error response documented as a problem (RFC 9457).

`jaring openapi` prints it; `openapi/openapi.json` is the committed copy.
"""

import json
import re
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.gateway.public_writes import PREFIX
from api.http.problem_document import Problem
from api.http.problems import MEDIA_TYPE
from api.openapi.file import File
from api.openapi.headers import add_headers
from api.openapi.problems import list_problems

# What each tag holds; a test keeps the list complete.
TAGS: list[dict[str, Any]] = [
    {"name": "public", "description": "What candidates and their front ends use, without an API key."},
    {"name": "units", "description": "The tree of units, their allow-lists and templates."},
    {"name": "programmes", "description": "Kinds of recruitment that come back every year."},
    {"name": "intakes", "description": "Yearly rounds of a programme, with their stages."},
    {"name": "campaigns", "description": "A unit's effort to fill an intake."},
    {"name": "channels", "description": "Sources and mediums that links may use."},
    {"name": "links", "description": "Short links, QR codes, and sheets of links."},
    {"name": "applications", "description": "Applications, for recruiters."},
    {"name": "statistics", "description": "Figures of campaigns, links and registrations."},
    {"name": "audit", "description": "Who changed what, and when."},
    {"name": "health", "description": "Probes and metrics for operators."},
]
SERVERS: list[dict[str, Any]] = [{"url": "/", "description": "The server that this document came from."}]
LICENCE = {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"}
CONTACT = {"name": "The operator of this server"}

REFUSALS = {
    "400": "The request body is not valid JSON.",
    "401": "The API key is missing or not valid.",
    "403": "The role of the API key does not allow this operation.",
    "404": "The object does not exist, or it belongs to another unit and you may not see it.",
    "408": "The request body did not arrive in time.",
    "409": "Conflict with the current state of the resource.",
    "412": "The object has changed since the version in `If-Match`.",
    "413": "The request body is too large.",
    "415": "The body has another media type than the operation takes, or is compressed.",
    "422": "The request has invalid fields.",
    "429": "The API key, or the network of the client, makes too many requests. Repeat the request after `Retry-After` "
    "seconds.",
    "500": "An internal error occurred.",
    "503": "A service that Jaring needs is unavailable. Repeat the request later.",
}


def install_openapi(app: FastAPI) -> None:
    """Let the app have the completed document, and as the file that is served."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title,
                    version=app.version,
                    summary=app.summary,
                    description=app.description,
                    routes=app.routes,
                    tags=TAGS,
                    servers=SERVERS,
                    license_info=LICENCE,
                    contact=CONTACT,
                )
            )
        return app.openapi_schema

    @cache
    def document_file() -> File:
        return File(json.dumps(document(), ensure_ascii=False).encode(), "application/json")

    app.openapi = document  # type: ignore[method-assign]
    app.state.openapi_document = document_file


def rendered(document: dict[str, Any]) -> str:
    """The document as JSON text, as it is committed."""
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    list_problems(schemas)
    for schema in schemas.values():
        for example in schema.get("examples", []):
            _restore_nulls(example, schema, schemas)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            # FastAPI would derive the summary from the name of the route, such as "Create".
            operation["summary"] = _first_sentence(operation["description"])
            _tell_scopes(operation)
            # The probes answer with a body of their own when something is unavailable.
            own = {"503"} if "content" in operation["responses"].get("503", {}) else set()
            for status in _refusals(path, operation) - own:
                operation["responses"][status] = {
                    "description": REFUSALS[status],
                    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
    _tell_defaults(document)
    add_headers(document)
    return document


def _tell_defaults(document: dict[str, Any]) -> None:
    """Tell the defaults of request bodies in words: generated clients take a field with `default` as always there.

    openapi-typescript then requires it of whoever sends the body, so that no minimal body compiles.
    """
    for schema in document["components"]["schemas"].values():
        for name, field in schema.get("properties", {}).items():
            if "default" not in field or name in schema.get("required", []):
                continue
            default = field.pop("default")
            if default not in (None, []) and "$ref" not in field:
                told = f"Default: `{json.dumps(default) if not isinstance(default, str) else default}`."
                field["description"] = f"{field.get('description', '')} {told}".strip()


def _tell_scopes(operation: dict[str, Any]) -> None:
    """Tell the scopes of a key in words and in `x-required-scopes`.

    OpenAPI 3.1 lets the security of an operation name them, but linters and generators expect that of OAuth only.
    """
    schemes = operation.get("security", [])
    operation["security"] = [{name: [] for name in scheme} for scheme in schemes]
    scopes = [scope for scheme in schemes for scope in scheme.get("api_key", [])]
    if scopes:
        operation["x-required-scopes"] = scopes
        told = " and ".join(f"`{scope}`" for scope in scopes)
        operation["description"] += f"\n\nThe role of the API key needs the scope {told}."


def _first_sentence(text: str) -> str:
    """The text before its first full stop that is followed by a space or a line break."""
    return re.split(r"\.(?:\s|$)", text, maxsplit=1)[0]


def _restore_nulls(example: Any, schema: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put nulls back into an example: FastAPI removes them from the whole document, even for required fields."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf", []):
        _restore_nulls(example, choice, schemas)
    if isinstance(example, list) and "items" in schema:
        for one in example:
            _restore_nulls(one, schema["items"], schemas)
    elif isinstance(example, dict) and "properties" in schema:
        for name in schema.get("required", []):
            if example.setdefault(name, None) is None:
                continue
            _restore_nulls(example[name], schema["properties"][name], schemas)


def _refusals(path: str, operation: dict[str, Any]) -> set[str]:
    """The error responses of an operation, besides those that its route declares by `problems.refuses`.

    Every operation can fail (500, 503) or be asked with an unknown parameter (422). The others follow from its input: a
    missing or insufficient key, a path without an object, unknown or invalid parameters, an invalid body, an
    outdated version.
    """
    parameters = operation.get("parameters", [])
    possible = {"422", "500", "503"} | (set(operation["responses"]) & set(REFUSALS))
    if any("api_key" in scheme for scheme in operation.get("security", [])):
        possible |= {"401", "403", "429"}
    if "{" in path:
        possible.add("404")
    if path.startswith(PREFIX):
        possible.add("429")
    if "requestBody" in operation:
        possible |= {"400", "408", "413", "415"}
    if any(parameter["name"].lower() == "if-match" for parameter in parameters):
        possible.add("412")
    return possible
