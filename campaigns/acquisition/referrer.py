"""The host of a Referer header (RFC 9110, 10.1.3), the only part of it that is stored. Pure.

Path and query are ignored: they can contain what a person searched for or wrote.
"""

import re

MAX_HOST_LENGTH = 255

# Scheme and authority. Browsers end the authority at a backslash too: evil.example\.instagram.com is evil.example.
_ADDRESS = re.compile(rb"(?:https?|android-app)://([^/?#\\]*)", re.IGNORECASE)
_PORT = re.compile(rb":[0-9]*$")
# Labels as found in practice, including underscores: Android packages and some hosts have them.
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*")
# Telephone and identity numbers, dates, and addresses of machines at home: no site that people come from is called so.
_NUMBER = re.compile(r"\d{6}|\d{4}-\d{2}-\d{2}|(?:\d{1,3}\.){3}\d{1,3}")


def referrer_host(raw: bytes) -> str | None:
    """The host of a Referer header in lower case (ASCII, IDNA), or the package of `android-app://`; None if unreadable
    or a number, which can be a person's.

    Without user name, password, port and trailing dot; at most MAX_HOST_LENGTH characters.
    """
    address = _ADDRESS.match(raw)
    if address is None:
        return None
    authority = _PORT.sub(b"", address[1].rpartition(b"@")[2])
    if not authority or len(authority) > MAX_HOST_LENGTH:
        return None
    try:
        # Browsers send IDNA already; UTF-8 is converted to it.
        host = authority.decode("ascii" if authority.isascii() else "utf-8")
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    host = host.lower().removesuffix(".")
    readable = len(host) <= MAX_HOST_LENGTH and _HOST.fullmatch(host) and not _NUMBER.search(host)
    return host if readable else None
