"""The plain-text refusal of a body that is too large, as a problem document."""

from http import HTTPStatus

from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import on_http_exception


class PlainTextErrorMiddleware:
    """ASGI middleware that turns the plain-text response of the framework's body limit into a problem document.

    The framework rejects a body with a too large Content-Length without calling exception handlers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        replaced = False

        async def sending(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start" and _is_plain_refusal(message):
                replaced = True
                problem = on_http_exception(Request(scope), HTTPException(message["status"]))
                await problem(scope, receive, send)
            elif not replaced:
                await send(message)

        await self.app(scope, receive, sending)


def _is_plain_refusal(message: Message) -> bool:
    media_type = Headers(raw=list(message.get("headers", ()))).get("content-type", "")
    return message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and media_type.startswith("text/plain")
