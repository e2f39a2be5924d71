"""The answer of the gateway itself when it cannot pass a request on.

It is raised in a route, so that it is a problem document with a trace id, a log line and CORS headers like any other.
"""

from fastapi import APIRouter, Request

from api.gateway.forwarder import REFUSAL

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

router = APIRouter(tags=["gateway"], include_in_schema=False)


@router.api_route("/{path:path}", methods=METHODS, name="refused")
async def refused(request: Request) -> None:
    """Raise what the forwarder has put into the scope."""
    raise request.scope[REFUSAL]
