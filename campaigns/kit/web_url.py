"""Parses URLs that people type in with one parser, and stores its output.

Parsers disagree on odd input (`https://good.example\\@evil.example/` has two hosts, depending on the parser), so
ambiguous input is refused and only the parser's own serialisation is stored (OWASP ASVS 5.0, 3.7.2).
"""

import re
from dataclasses import dataclass

from pydantic_core import Url, ValidationError

from campaigns.kit.errors import FieldPath, Invalid, invalid_field

MAX_URL_LENGTH = 2048
_REFUSED = re.compile(r"[\x00-\x20\x7f-\x9f\\\ud800-\udfff\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_SCHEME = re.compile(r"https?://[^/]", re.IGNORECASE)
_HOST_PATTERN = re.compile(
    r"(\*\.)?(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)


@dataclass(frozen=True, slots=True)
class WebUrl:
    """An http(s) URL as serialised by the parser, and its host (lower case, punycode)."""

    text: str
    host: str


def parse_web_url(text: str, *, path: FieldPath) -> WebUrl:
    """The URL of what a person typed (WHATWG URL); raises Invalid at `path` with what is wrong."""

    def refuse(detail: str, code: str) -> Invalid:
        return invalid_field(path, detail, code)

    if _REFUSED.search(text):
        raise refuse("The URL must not contain spaces, control characters or backslashes.", "unsafe-characters")
    if not _SCHEME.match(text):
        raise refuse("The URL must start with http:// or https:// and a host.", "scheme-not-allowed")
    try:
        url = Url(text)
    except ValidationError:
        raise refuse("This is not a valid URL.", "not-a-url") from None
    if url.username is not None or url.password is not None or "@" in text.split("//", 1)[1].split("/", 1)[0]:
        raise refuse("The URL must not contain a user name or password.", "userinfo-not-allowed")
    if url.port == 0:
        raise refuse("Port 0 is not allowed in a URL.", "port-not-allowed")
    serialised = str(url)
    if url.host is None or len(serialised) > MAX_URL_LENGTH:
        raise refuse(f"The URL must have a host and at most {MAX_URL_LENGTH} characters.", "too-long")
    return WebUrl(serialised, url.host)


def parse_host_pattern(text: str, *, path: FieldPath) -> str:
    """A host, or `*.` and a domain for all hosts below it, in lower case; raises Invalid at `path`."""
    pattern = text.strip().lower().rstrip(".")
    if not _HOST_PATTERN.fullmatch(pattern):
        raise invalid_field(path, "Write a host such as daftar.example or *.daftar.example.", "not-a-host")
    return pattern


def host_matches(host: str, patterns: list[str]) -> bool:
    """Whether one of the patterns covers the host; `*.a.example` covers x.a.example but not a.example itself."""
    return any(
        host.endswith(pattern[1:]) and host[0] != "*" and _HOST_PATTERN.fullmatch(host) is not None
        if pattern.startswith("*.")
        else host == pattern
        for pattern in patterns
    )
