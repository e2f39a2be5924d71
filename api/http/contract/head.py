"""HEAD wherever GET is answered: the same status and headers, and no body (RFC 9110, 9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class _Answered(Exception):
    """The headers are out; the rest of a streamed body need not be made."""


class HeadMiddleware:
    """ASGI middleware that answers HEAD with what GET would say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            if message.get("more_body"):
                raise _Answered

        # In place, since the router notes the route that it found in this scope.
        scope["method"] = "GET"
        try:
            await self.app(scope, receive, without_body)
        except _Answered:
            pass
        finally:
            scope["method"] = "HEAD"
