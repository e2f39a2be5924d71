"""The URLs that a check visits: how `Location` is parsed, and whether UTM and cid are preserved at the last. Pure.

One parser (`parse_web_url`) decides which host a URL means, and its output is what gets requested.
"""

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote_plus, urljoin

from campaigns.kit.errors import Invalid
from campaigns.kit.web_url import MAX_URL_LENGTH, parse_web_url
from campaigns.links.destination_checks.address_policy import read_address
from campaigns.links.target_url import CLICK_PARAMETER, PRINTABLE, compose_target, utm_parameters
from campaigns.links.types import CheckVerdict, Utm

# As long as a click token but never valid: its first byte is no token version. If a page sends it on with a form, the
# registration is accepted without a touch.
CHECK_TOKEN = ("JaringDestinationCheck" * 3)[:60]
MAX_QUERY_LENGTH = 8192
MAX_DISPLAY_LENGTH = 500
_PORTS = {"http": 80, "https": 443}
_ANY_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
# Browsers read a backslash or a third slash before the host as a slash and drop tabs; other clients treat them as path.
_TWO_WAYS = re.compile(r"^///|[\x00-\x1f\\]")
# A name that can be looked up. Digits at the end would be an IP address in an unusual notation.
_NAME = re.compile(
    r"(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*(?!\d+\.?$|0x)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?"
)


class CheckAborted(Exception):
    """The check cannot continue; `what` completes a sentence that begins with the hop."""

    def __init__(self, verdict: CheckVerdict, what: str) -> None:
        super().__init__(what)
        self.verdict = verdict
        self.what = what


@dataclass(frozen=True, slots=True)
class Hop:
    """A URL to request: `host` in lower case, IPv6 in brackets; `path` and `query` as sent."""

    scheme: str
    host: str
    port: int
    path: str
    query: str

    @property
    def authority(self) -> str:
        return self.host if self.port == _PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def target(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def first_hop(destination: str, utm: Utm) -> Hop:
    """The URL that a tap on the link would be sent to, with the check's token as cid; raises CheckAborted."""
    before, _ = compose_target(destination, utm)
    return _read(before.decode("ascii") + CHECK_TOKEN)


def next_hop(here: Hop, location: bytes) -> Hop:
    """The URL that a redirect leads to, parsed as browsers do; raises CheckAborted."""
    try:
        text = location.decode("utf-8").strip().replace(" ", "%20").partition("#")[0]
    except UnicodeDecodeError:
        raise _unreadable() from None
    if _TWO_WAYS.search(text.partition("?")[0]):
        raise _unreadable()
    if text.startswith("//"):
        return _read(f"{here.scheme}:{text}")
    # With a scheme it must be absolute; urljoin would turn `http:/host` into a path.
    return _read(text if _ANY_SCHEME.match(text) else urljoin(here.url, text))


def preserved_parameters(hop: Hop, utm: Utm) -> tuple[bool, bool]:
    """Whether all UTM values arrived unchanged, and whether the cid did.

    A parameter that occurs twice with different values counts as lost: pages differ in which one they read.
    """
    arrived: dict[str, set[str]] = {}
    for name, value in parse_qsl(hop.query, keep_blank_values=True):
        arrived.setdefault(name, set()).add(value)
    utm_kept = all(arrived.get(name) == {value} for name, value in utm_parameters(utm).items())
    return utm_kept, arrived.get(CLICK_PARAMETER) == {CHECK_TOKEN}


def display_url(hop: Hop) -> str:
    """The URL for display: without UTM and cid, cut to 500 characters."""
    parts = [part for part in hop.query.split("&") if part and not _is_own(unquote_plus(part.partition("=")[0]))]
    query = f"?{'&'.join(parts)}" if parts else ""
    return f"{hop.scheme}://{hop.authority}{hop.path}{query}"[:MAX_DISPLAY_LENGTH]


def _is_own(name: str) -> bool:
    return name == CLICK_PARAMETER or name.startswith("utm_")


def _read(text: str) -> Hop:
    # The query does not affect the host, and with UTM and cid it may exceed the limit for typed URLs.
    base, _, query = text.partition("#")[0].partition("?")
    query = quote(query, safe=PRINTABLE, errors="replace")
    if len(query) > MAX_QUERY_LENGTH:
        raise CheckAborted(
            CheckVerdict.BROKEN, f"leads to a URL with a query of more than {MAX_QUERY_LENGTH} characters"
        )
    try:
        url = parse_web_url(base, path=())
    except Invalid as refused:
        if refused.fields[0].code == "too-long":
            raise CheckAborted(
                CheckVerdict.BROKEN, f"leads to a URL of more than {MAX_URL_LENGTH} characters"
            ) from None
        raise _unreadable() from None
    scheme, _, rest = url.text.partition("://")
    authority, slash, path = rest.partition("/")
    port = authority.removeprefix(url.host).removeprefix(":")
    address = read_address(url.host)
    if address is not None and address.version == 4 and _host_as_written(base) != url.host:
        raise CheckAborted(
            CheckVerdict.REFUSED, "leads to an IP address in an unusual notation. The check did not follow it"
        )
    if address is None and not _NAME.fullmatch(url.host):
        raise CheckAborted(CheckVerdict.UNREACHABLE, "leads to an invalid host name")
    return Hop(scheme, url.host, int(port) if port else _PORTS[scheme], slash + path, query)


def _host_as_written(base: str) -> str:
    return base.split("//", 1)[1].partition("/")[0].partition(":")[0]


def _unreadable() -> CheckAborted:
    return CheckAborted(CheckVerdict.BROKEN, "leads to something that is not a valid URL")
