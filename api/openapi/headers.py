"""The headers of every response in the OpenAPI document, told from what the operation takes and shows."""

from typing import Any

from api.gateway.public_writes import PREFIX, READS

# name -> what it says
HEADERS: dict[str, str] = {
    "Cache-Control": "How the response may be kept. `no-store`: not at all.",
    "Content-Disposition": "The file name to save the sheet under.",
    "Content-Language": "The language of `title` and `detail`: `en` or `id`, by `Accept-Language`.",
    "ETag": "The version of what is shown, for `If-None-Match` and, where the object has a version, `If-Match`.",
    "Idempotent-Replayed": "`true` if this is the stored response to an earlier request with the same "
    "`Idempotency-Key`; absent otherwise.",
    "Link": 'The address of the next page, as `<…>; rel="next"`. Absent on the last page.',
    "Location": "The path of the created object.",
    "RateLimit": "What is left of the policy: `r` more requests at once, and seconds (`t`) until there is one more.",
    "RateLimit-Policy": "How many requests (`q`) in how many seconds (`w`) the client's network may send.",
    "Retry-After": "After how many seconds the request can be repeated.",
    "Short-Url-Warning": "Why these short URLs should not be printed, such as a missing `JARING_PUBLIC_URL`. Absent if "
    "they may be.",
    "Trace-Id": "Identifies this request in the server's log.",
    "Vary": "The request headers that the response depends on, for caches.",
    "WWW-Authenticate": "The scheme of authentication: `Bearer`.",
}
# Headers that are not on every response they are listed for.
OPTIONAL = {
    "Cache-Control",
    "Idempotent-Replayed",
    "Link",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "Short-Url-Warning",
    "Vary",
}
# Pictures and sheets of short URLs, which are made to be printed.
PRINTED = {"image/svg+xml", "image/png", "text/csv"}
NOT_MODIFIED = {"description": "Your copy is current (`If-None-Match`)."}
_IF_NONE_MATCH = {
    "name": "if-none-match",
    "in": "header",
    "required": False,
    "description": "The ETag of your copy. If the copy is current, the response is 304.",
    "schema": {"type": "string", "maxLength": 1000},
}


def add_headers(document: dict[str, Any]) -> None:
    """Document the headers of every response, and 304 with `If-None-Match` for each GET of one object."""
    schemas = document["components"]["schemas"]
    document["components"]["headers"] = {
        name: {"description": text, "required": name not in OPTIONAL, "schema": {"type": "string"}}
        for name, text in HEADERS.items()
    }
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tagged = method == "get" and "{" in path
            if tagged:
                operation["responses"]["304"] = dict(NOT_MODIFIED)
                if not any(one["name"].lower() == "if-none-match" for one in operation.setdefault("parameters", [])):
                    operation["parameters"].append(dict(_IF_NONE_MATCH))
            for status, response in operation["responses"].items():
                names = _names(operation, status, response, schemas, tagged=tagged)
                if path.startswith(PREFIX) and method.upper() not in READS:
                    names |= {"RateLimit", "RateLimit-Policy"}
                response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}


def _names(
    operation: dict[str, Any], status: str, response: dict[str, Any], schemas: dict[str, Any], *, tagged: bool
) -> set[str]:
    names = {"Cache-Control", "Trace-Id", "Vary"}
    content = response.get("content", {})
    shown = _properties(content, schemas)
    if status in ("200", "201"):
        if "version" in shown or tagged:
            names.add("ETag")
        if status == "201" and {"id", "version"} <= shown:
            names.add("Location")
        if "next_cursor" in shown:
            names.add("Link")
        if "text/csv" in content:
            names.add("Content-Disposition")
        if PRINTED & set(content) and "links" in operation["tags"]:
            names.add("Short-Url-Warning")
        if any(one["name"].lower() == "idempotency-key" for one in operation.get("parameters", [])):
            names.add("Idempotent-Replayed")
    elif status == "304":
        names.add("ETag")
    elif status == "401":
        names.add("WWW-Authenticate")
    elif status in ("429", "503"):
        names.add("Retry-After")
    if "application/problem+json" in content:
        names.add("Content-Language")
    return names


def _properties(content: dict[str, Any], schemas: dict[str, Any]) -> set[str]:
    """The names of the fields at the top of a JSON body."""
    schema = content.get("application/json", {}).get("schema", {})
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return set(schema.get("properties", {}))
