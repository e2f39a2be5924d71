"""Routes of the OpenAPI document itself and of the page that shows it, neither of which is part of the document."""

from fastapi import Request, Response

from api.http.contract.router import ContractRouter
from api.openapi.file import File
from api.openapi.swagger_ui import PAGE, POLICY, find_file
from campaigns.kit.errors import NotFound

# Files change with an upgrade only, under the same name: a browser keeps them and asks each time, which is a 304.
CACHING = "no-cache"

router = ContractRouter(tags=["openapi"], include_in_schema=False)


@router.get("/openapi.json", name="document")
async def document(request: Request) -> Response:
    """Get the OpenAPI document."""
    file: File = request.app.state.openapi_document()
    return _served(file)


@router.get("/docs", name="page")
async def page() -> Response:
    """Get the page that shows the document."""
    response = _served(PAGE)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@router.get("/docs/{name}", name="file")
async def file(name: str) -> Response:
    """Get a file that the page loads."""
    found = find_file(name)
    if found is None:
        raise NotFound("file")
    return _served(found)


def _served(file: File) -> Response:
    headers = {"ETag": file.etag, "Cache-Control": CACHING, "X-Content-Type-Options": "nosniff"}
    return Response(file.content, media_type=file.media_type, headers=headers)
