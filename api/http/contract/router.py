"""The router of every resource, whose routes keep the rules of the whole API without a word in any of them.

Unknown and repeated parameters are refused, as are bodies of another media type; a GET with a current copy is 304; and
a repeated POST with the same `Idempotency-Key` gets the first answer.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, cast

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from api.http.conditional import not_modified, still_same
from api.http.contract.json_bodies import JsonRequest, RefusedBody
from api.http.contract.media_types import JSON, media_type_of, refuse_other_media
from api.http.contract.once import answered_once, makes_something
from api.http.contract.parameters import refuse_unknown, taken_by

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class ContractRoute(APIRoute):
    """A route that refuses what it does not understand, before anything is read or made."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if makes_something(endpoint, options.get("methods")):
            endpoint = answered_once(cast(Callable[..., Awaitable[Any]], endpoint))
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        taken = taken_by(self.dependant)
        media_type = media_type_of(self.body_field)

        async def handle(request: Request) -> Response:
            refuse_unknown(request, taken)
            if media_type is not None:
                refuse_other_media(request, media_type)
            if media_type == JSON:
                request = JsonRequest(request.scope, request.receive)
            try:
                response = await handler(request)
            except RefusedBody as refused:
                raise refused.reason from None
            if request.method == "GET" and response.status_code == 200:
                etag = response.headers.get("etag")
                if etag and still_same(request.headers.get("if-none-match"), etag):
                    return not_modified(response)
            return response

        return handle


class ContractRouter(APIRouter):
    """A router whose routes are `ContractRoute`s."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=ContractRoute, **options)
