"""Headers between the gateway and the API processes, which nobody outside sees or can send.

Towards the API: the client's address and scheme, as the gateway found them (`campaigns.kit.client_address`). Back: what
a request changed, so that the gateway forgets it before it passes the answer on; the client's next tap then finds the
change. NOTIFY tells all other processes.
"""

from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The gateway removes all headers that begin so, in both directions.
PREFIX = b"jaring-"
CLIENT = b"jaring-client"
SCHEME = b"jaring-scheme"
CHANGED = b"jaring-changed"
# As many links as one request makes, 51 kB of slugs. Beyond that the header is left out, and NOTIFY alone tells.
MAX_CHANGES = 1000

_changes: ContextVar[list[str] | None] = ContextVar("jaring_changes", default=None)


def note_change(payload: str) -> None:
    """Let the answer to the current request name what was changed; a listener of `Context.listeners`."""
    changes = _changes.get()
    if changes is not None and len(changes) <= MAX_CHANGES:
        changes.append(payload)


class BehindGatewayMiddleware:
    """ASGI middleware, the outermost of an API process: the client is who the gateway says, changes are told to it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = {name: value.decode("latin-1") for name, value in scope["headers"] if name.startswith(PREFIX)}
        scope["client"] = (told.get(CLIENT, ""), 0)
        scope["scheme"] = told.get(SCHEME, "http")
        scope["headers"] = [header for header in scope["headers"] if not header[0].startswith(PREFIX)]
        changes: list[str] = []
        _changes.set(changes)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and 0 < len(changes) <= MAX_CHANGES:
                header = (CHANGED, " ".join(changes).encode())
                message["headers"] = [*message.get("headers", ()), header]
            await send(message)

        await self.app(scope, receive, sending)
