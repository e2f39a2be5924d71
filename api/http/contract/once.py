"""`Idempotency-Key` on every POST that changes something: a repeated request gets the first answer and makes nothing.

The answer is stored in the transaction of the work, as `campaigns.kit.idempotency` describes. A route that takes the
key itself, such as a registration, keeps its own rules.
"""

import base64
import inspect
import json
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, get_type_hints

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from api.http.context import Context, CurrentContext, Now
from api.http.schemas import IdempotencyKey
from api.http.sessions import UnitOfWork
from campaigns.access.types import Principal
from campaigns.kit.idempotency import begin_once, finish_once

# Marks an answer that was stored for an earlier request with the same key.
REPLAYED = "Idempotent-Replayed"
# The headers of an answer that are stored with it.
KEPT = ("ETag", "Location", "Cache-Control")

OnceKey = Annotated[
    IdempotencyKey | None,
    Header(
        description="A unique key for each submission, such as a UUID. Repeating the request with the same key changes "
        "nothing again and returns the first response, marked by the header `Idempotent-Replayed`. Another request "
        "with the same key is an error (422).",
    ),
]


@dataclass(frozen=True, slots=True)
class _Once:
    """The key of a request, if it has one, and what is needed to answer it from what was stored."""

    key: str | None
    request: Request
    response: Response
    context: Context
    now: datetime


def _once(
    request: Request, response: Response, context: CurrentContext, now: Now, idempotency_key: OnceKey = None
) -> _Once:
    return _Once(idempotency_key, request, response, context, now)


# Beside a handler's own parameters.
_PARAMETER = inspect.Parameter(
    "asked_once", inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[_Once, Depends(_once)]
)


def makes_something(endpoint: Callable[..., Any], methods: Collection[str] | None) -> bool:
    """Whether a handler is a POST that commits for a key's holder, and does not take the header itself."""
    hints = get_type_hints(endpoint, include_extras=True)
    return "POST" in (methods or ()) and UnitOfWork in hints.values() and "idempotency_key" not in hints


def answered_once(endpoint: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """The handler, which also takes `Idempotency-Key` and answers a repeated request with what it answered first."""
    signature = inspect.signature(endpoint)
    hints = get_type_hints(endpoint, include_extras=True)
    own = [parameter.replace(annotation=hints[name]) for name, parameter in signature.parameters.items()]

    async def once(asked_once: _Once, **given: Any) -> Any:
        key = asked_once.key
        if key is None:
            return await endpoint(**given)
        session, keys, caller = given["session"], asked_once.context.keys, caller_of(given["caller"])
        request = await _digestible(asked_once.request)
        kept = await begin_once(session, keys=keys, caller=caller, key=key, request=request, now=asked_once.now)
        if kept is not None:
            return _replayed(kept, asked_once.request.scope["route"].status_code or 200)
        result: BaseModel = await endpoint(**given)
        await finish_once(session, keys=keys, caller=caller, key=key, response=_stored(result, asked_once.response))
        return result

    once.__name__, once.__doc__, once.__module__ = endpoint.__name__, endpoint.__doc__, endpoint.__module__
    once.__signature__ = signature.replace(parameters=[*own, _PARAMETER])  # type: ignore[attr-defined]
    return once


def caller_of(principal: Principal) -> str:
    """Under which name the keys of a caller are kept apart from those of others."""
    return f"{principal.actor.kind}:{principal.actor.id}"


async def _digestible(request: Request) -> bytes:
    """What makes two requests the same: address, query, expected version and body, byte for byte."""
    address = [request.method, request.url.path, request.url.query, request.headers.get("if-match", "")]
    return b"\0".join([json.dumps(address).encode(), await request.body()])


def _stored(result: BaseModel, response: Response) -> bytes:
    headers = {name: response.headers[name] for name in KEPT if name in response.headers}
    body = base64.b64encode(result.model_dump_json(by_alias=True).encode()).decode()
    return json.dumps({"headers": headers, "body": body}).encode()


def _replayed(kept: bytes, status: int) -> Response:
    stored = json.loads(kept)
    headers = {**stored["headers"], REPLAYED: "true"}
    body = base64.b64decode(stored["body"])
    return Response(body, status_code=status, headers=headers, media_type="application/json")
