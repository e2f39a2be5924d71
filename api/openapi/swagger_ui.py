"""The page `/docs`, in which Swagger UI shows the OpenAPI document, and the files that it loads.

All come from this server, so that the page works without internet and tells nobody else who reads it. Addresses are
relative, for servers whose proxy adds a prefix.
"""

from functools import cache
from importlib.resources import files

from api.openapi.file import File

# No script or style stands in the page itself, nothing is loaded from or sent to another server, and no other page can
# show this one in a frame. Swagger UI's icons are `data:` addresses in its stylesheet.
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Jaring: the API</title>
<link rel="icon" type="image/png" href="docs/favicon-32x32.png">
<link rel="stylesheet" href="docs/swagger-ui.css">
<script defer src="docs/swagger-ui-bundle.js"></script>
<script defer src="docs/start.js"></script>
</head>
<body>
<div id="swagger-ui"></div>
<noscript>This page needs JavaScript. The document that it shows is <a href="openapi.json">openapi.json</a>.</noscript>
</body>
</html>
"""
# `validatorUrl`: Swagger UI would send the address of the document to a server of its makers.
_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  filter: true,
  validatorUrl: null,
});
"""
PAGE = File(_PAGE.encode(), "text/html")
# The files of the package `fastapi-swagger`, whose releases hold those of Swagger UI as they are.
_PACKAGED = {
    "favicon-32x32.png": "image/png",
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}


@cache
def find_file(name: str) -> File | None:
    """A file below `/docs/`; None if there is none of this name."""
    if name == "start.js":
        return File(_START.encode(), "text/javascript")
    if media_type := _PACKAGED.get(name):
        return File((files("fastapi_swagger.resources") / name).read_bytes(), media_type)
    return None
