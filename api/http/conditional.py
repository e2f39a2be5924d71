"""Conditional requests (RFC 9110, 13): the strong ETag is the version, and `If-Match` makes an update conditional."""

import re
from typing import Annotated, Protocol, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Response

NEVER = -1  # a version no row has


class Versioned(Protocol):
    """A response body with the version of the object it shows."""

    id: UUID
    version: int


V = TypeVar("V", bound=Versioned)


def with_etag(response: Response, body: V) -> V:
    """The body; sets the ETag of its version."""
    response.headers["ETag"] = f'"{body.version}"'
    return body


def created(response: Response, collection: str, body: V) -> V:
    """The body of an object that was just made in a collection, such as `/v1/links`; sets ETag and `Location`."""
    response.headers["Location"] = f"{collection}/{body.id}"
    return with_etag(response, body)


def _expected_version(
    if_match: Annotated[
        str | None,
        Header(
            max_length=100,
            description="The ETag of the version that you read. If the object has changed since then, the response is "
            "412.",
        ),
    ] = None,
) -> int | None:
    if if_match is None or if_match.strip() == "*":
        return None
    quoted = re.fullmatch(r'"(\d{1,9})"', if_match.strip())
    return int(quoted[1]) if quoted else NEVER


ExpectedVersion = Annotated[int | None, Depends(_expected_version)]


IfNoneMatch = Annotated[
    str | None,
    Header(max_length=1000, description="The ETag of your copy. If the copy is current, the response is 304."),
]


def still_same(if_none_match: str | None, etag: str) -> bool:
    """Whether `If-None-Match` (RFC 9110, 13.1.2) matches the ETag by weak comparison."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in re.findall(r'"[^"]*"', if_none_match)
