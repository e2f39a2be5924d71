"""Every error response as an RFC 9457 problem document; errors are mapped to HTTP only here.

`type` is stable, for programs. `errors[]` contains JSON Pointers (RFC 6901) to fields of the body, or names of
parameters. No document repeats input.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from api.http.problem_document import MAX_ERRORS, MAX_INPUT_ERRORS, Problem, ProblemField, problem_field
from api.problem_codes.language import preferred_language
from api.problem_codes.texts import detail_of, field_detail_of, input_error, title_of
from api.problem_codes.types import Language
from campaigns.kit.crash_place import crash_place
from campaigns.kit.errors import (
    Conflict,
    DomainError,
    FieldPath,
    Forbidden,
    Invalid,
    InvalidFilter,
    NotFound,
    Sentence,
    Stale,
    TooManyRequests,
    Unavailable,
    invalid_field,
    json_pointer,
)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:jaring:problem:"
RETRY_SECONDS = "2"
QUERY_CANCELLED = "57014"  # PostgreSQL's SQLSTATE when statement_timeout ends a statement

log = structlog.get_logger("jaring.problems")


class Unauthenticated(DomainError):
    def __init__(self) -> None:
        super().__init__("unauthenticated", "A valid API key is required in the header `Authorization: Bearer <key>`.")


class BadRequest(DomainError):
    pass


class BodyTooSlow(DomainError):
    def __init__(self) -> None:
        super().__init__("body-too-slow", "The request body did not arrive in time. Send the request again.")


class UnsupportedMediaType(DomainError):
    def __init__(self, wanted: str) -> None:
        super().__init__(
            "unsupported-media-type",
            Sentence("Send the body with the header `Content-Type: {wanted}`, not compressed.", wanted=wanted),
        )


class InvalidParameter(Invalid):
    """A parameter or header of the request is invalid; the path of the field error is its name."""


STATUS: Mapping[type[DomainError], HTTPStatus] = {
    BadRequest: HTTPStatus.BAD_REQUEST,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


def refuses(*kinds: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route whose operation raises the errors, for the OpenAPI document."""
    return {STATUS[kind].value: {} for kind in kinds}


# Code and text of errors that the web framework itself raises.
FRAMEWORK_ERRORS: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "The server cannot parse the request."),
    404: ("no-such-route", "No resource exists at this path."),
    405: ("method-not-allowed", "Method not allowed. The `Allow` header lists the supported methods."),
    413: ("body-too-large", "The request body exceeds the size limit."),
}

# Two reason phrases of RFC 9110 that differ between versions of Python.
TITLES: Mapping[int, str] = {413: "Content Too Large", 422: "Unprocessable Content"}


def invalid_parameter(name: str, detail: str, code: str) -> InvalidParameter:
    """An `InvalidParameter` for one parameter or header."""
    refused = invalid_field((name,), detail, code)
    return InvalidParameter(refused.code, refused.detail, refused.fields)


def language_of(request: Request) -> Language:
    """The language that the answer to a request is told in."""
    return preferred_language(request.headers.get("accept-language"))


def problem_response(
    request: Request,
    *,
    status: int,
    code: str,
    detail: str,
    errors: Sequence[ProblemField] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem document as a response."""
    status = int(status)  # logs would contain the name of an HTTPStatus
    language = language_of(request)
    document = Problem(
        type=TYPE_PREFIX + code,
        title=title_of(code, language) or TITLES.get(status) or HTTPStatus(status).phrase,
        status=status,
        detail=detail_of(code, detail, language),
        errors=list(errors),
        trace_id=request.scope.get("jaring.trace_id", ""),
    )
    told = {"Content-Language": language.value, "Vary": "Accept-Language"}
    sent = {"Cache-Control": "no-store", **told, **(headers or {})}
    return JSONResponse(document.model_dump(), status_code=status, headers=sent, media_type=MEDIA_TYPE)


def _on_domain_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DomainError)  # noqa: S101 - registered for this type only
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthenticated) else {}
    if isinstance(error, BodyTooSlow):
        headers["Connection"] = "close"  # the rest of the body is not read
    if isinstance(error, TooManyRequests | Unavailable):
        headers["Retry-After"] = str(getattr(error, "retry_seconds", None) or RETRY_SECONDS)
    status = next(status for kind, status in STATUS.items() if isinstance(error, kind))
    return problem_response(
        request,
        status=status,
        code=error.code,
        detail=error.detail,
        errors=_fields_of(error, language_of(request)),
        headers=headers,
    )


def _fields_of(error: DomainError, language: Language) -> list[ProblemField]:
    """The field errors; a filter is the parameter of the same name."""
    render = parameter_pointer if isinstance(error, InvalidFilter | InvalidParameter) else json_pointer
    return [
        problem_field(render(one.path), field_detail_of(one.code, one.detail, language), one.code)
        for one in error.fields[:MAX_ERRORS]
    ]


def parameter_pointer(path: FieldPath) -> str:
    """The pointer of a parameter or header in a problem document."""
    return f"parameter:{path[0]}"


def _pointer(location: FieldPath) -> str:
    """The pointer of a pydantic location: (`body`, path…) or (kind of parameter, name)."""
    place, *rest = location
    if place == "body":
        return json_pointer(tuple(rest))
    return parameter_pointer(tuple(rest) or (place,))


_INVALID = "The request has invalid fields."
_TOO_MANY = "The request has {found} invalid fields, of which the first {listed} are listed."


def _on_validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this type only
    found: Sequence[dict[str, Any]] = error.errors()
    if any(one["type"] == "json_invalid" for one in found):
        return problem_response(
            request, status=400, code="malformed-json", detail="The request body is not valid JSON."
        )
    fields = [_input_field(one, language_of(request)) for one in found[:MAX_INPUT_ERRORS]]
    detail = _INVALID if len(found) == len(fields) else Sentence(_TOO_MANY, listed=len(fields), found=len(found))
    return problem_response(request, status=422, code="invalid-input", detail=detail, errors=fields)


def _input_field(error: dict[str, Any], language: Language) -> ProblemField:
    code, detail = input_error(error, language)
    return problem_field(_pointer(error["loc"]), detail, code)


def on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this type only
    code, detail = FRAMEWORK_ERRORS.get(error.status_code, ("http-error", "The server rejected the request."))
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_methods_of(request)))
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        headers["Connection"] = "close"  # the rest of the body is not read
    return problem_response(request, status=error.status_code, code=code, detail=detail, headers=headers)


def _methods_of(request: Request) -> set[str]:
    """All methods of the path; the router itself lists only those of the first matching route.

    Later routes with another path that also match (`/links/{link_id}` for `/links/bulk`) are left out.
    """
    routes: Sequence[BaseRoute] = request.app.state.routes
    matching = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    path = getattr(matching[0], "path", None) if matching else None
    same = (route for route in matching if getattr(route, "path", None) == path)
    methods = {method for route in same for method in getattr(route, "methods", None) or ()}
    return methods | {"HEAD"} if "GET" in methods else methods


def _on_database_error(request: Request, error: Exception) -> JSONResponse:
    refused = isinstance(error, OperationalError | PoolTimeout)
    gone = isinstance(error, DBAPIError) and error.connection_invalidated
    if not (refused or gone):
        return _on_crash(request, error)
    if getattr(getattr(error, "orig", None), "sqlstate", None) == QUERY_CANCELLED:
        detail = "The database query took too long. Request less data, such as a shorter date range."
        return problem_response(request, status=503, code="query-too-slow", detail=detail)
    log.warning("database_unavailable", trace_id=request.scope.get("jaring.trace_id"), error=type(error).__name__)
    detail = "The database is unavailable. Repeat the request later."
    headers = {"Retry-After": RETRY_SECONDS}
    return problem_response(request, status=503, code="database-unavailable", detail=detail, headers=headers)


def _on_crash(request: Request, error: Exception) -> JSONResponse:
    # The message of an exception can contain input, so only its type and location are logged.
    log.error(
        "crashed",
        trace_id=request.scope.get("jaring.trace_id"),
        error=type(error).__name__,
        place=crash_place(error),
    )
    detail = "An internal error occurred. The server log has details under this `trace_id`."
    return problem_response(request, status=500, code="internal-error", detail=detail)


def install_problem_handlers(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Let the app, which has these routes, answer every error with a problem document."""
    app.state.routes = routes
    app.add_exception_handler(DomainError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(DBAPIError, _on_database_error)
    app.add_exception_handler(PoolTimeout, _on_database_error)
    app.add_exception_handler(Exception, _on_crash)
