"""Conditional requests (RFC 9110, 13): the ETag is or begins with the version; `If-Match` makes an update conditional.

An object that shows more than its own row, such as a link with the results of its checks, can change without a new
version. Its ETag is the version and a digest of what is shown, so that `If-None-Match` never keeps an old copy.
"""

import hashlib
import re
from collections.abc import Collection
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Response
from pydantic import BaseModel

# A proxy that compresses marks a tag as weak; the version is the same (W/"3" for "3").
_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_VERSION = re.compile(r"(\d{1,9})(?:-[0-9a-f]+)?")


class Versioned(Protocol):
    """A response body with the version of the object it shows."""

    id: UUID
    version: int


V = TypeVar("V", bound=Versioned)
B = TypeVar("B", bound=BaseModel)


def with_etag(response: Response, body: V) -> V:
    """The body; sets the ETag of its version."""
    response.headers["ETag"] = f'"{body.version}"'
    return body


def created(response: Response, collection: str, body: V) -> V:
    """The body of an object that was just made in a collection, such as `/v1/links`; sets ETag and `Location`."""
    response.headers["Location"] = f"{collection}/{body.id}"
    return with_etag(response, body)


def with_content_etag(response: Response, body: B) -> B:
    """The body; sets an ETag that changes whenever anything of the body does, and begins with its version if any."""
    digest = hashlib.sha256(body.model_dump_json().encode()).hexdigest()[:16]
    version = getattr(body, "version", None)
    response.headers["ETag"] = f'"{digest}"' if version is None else f'"{version}-{digest}"'
    return body


def _expected_version(
    if_match: Annotated[
        str | None,
        Header(
            max_length=1000,
            description="The ETag of the version that you read. If the object has changed since then, the response is "
            "412. Several ETags are separated by commas. `*`: any version.",
        ),
    ] = None,
) -> Collection[int] | None:
    if if_match is None or if_match.strip() == "*":
        return None
    versions = (_VERSION.fullmatch(tag) for tag in _TAG.findall(if_match))
    return frozenset(int(found[1]) for found in versions if found)


ExpectedVersion = Annotated[Collection[int] | None, Depends(_expected_version)]


def still_same(if_none_match: str | None, etag: str) -> bool:
    """Whether `If-None-Match` (RFC 9110, 13.1.2) matches the ETag by weak comparison."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag.strip('"') in _TAG.findall(if_none_match)


def not_modified(response: Response) -> Response:
    """The 304 in place of a response, with the headers that it would have had but those of its body."""
    kept = {name: value for name, value in response.headers.items() if name not in ("content-length", "content-type")}
    return Response(status_code=304, headers=kept)
