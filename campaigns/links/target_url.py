"""The URL a link redirects to: its destination with the UTM five and, last in the query, the click token. Pure.

The redirect imports this module, so it uses the standard library only. No function raises: every result is printable
ASCII without spaces, valid in a `Location` header.
"""

from functools import lru_cache
from urllib.parse import quote, unquote_plus

from campaigns.links.types import Utm

CLICK_PARAMETER = "cid"
_UTM_PARAMETERS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
OWN_PARAMETERS = frozenset((*_UTM_PARAMETERS, CLICK_PARAMETER))
# Characters that are kept as they are. `%` is one of them, so that percent-encoded text is not encoded twice.
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def compose_target(destination: str, utm: Utm) -> tuple[bytes, bytes]:
    """The URL a tap is redirected to, in two parts: before the click token, and after it (the fragment).

    UTM parameters and `cid` in the destination's own query are dropped, even if the link has no such value, so that the
    page sees the link's values only. All other parameters are unchanged, in their order.
    """
    base, parameters, fragment = _composed(destination, utm)
    before = f"{base}?{'&'.join([*parameters, f'{CLICK_PARAMETER}='])}"
    return before.encode("ascii"), fragment.encode("ascii")


def compose_url(destination: str, utm: Utm) -> str:
    """The same URL without a click token, for display."""
    base, parameters, fragment = _composed(destination, utm)
    return f"{base}?{'&'.join(parameters)}{fragment}"


def utm_parameters(utm: Utm) -> dict[str, str]:
    """`{name: value}` of the link's UTM parameters, in the standard order; absent ones are left out."""
    values = (utm.source, utm.medium, utm.campaign, utm.term, utm.content)
    return {name: value for name, value in zip(_UTM_PARAMETERS, values, strict=True) if value is not None}


def _composed(destination: str, utm: Utm) -> tuple[str, list[str], str]:
    """The URL up to its query, the `name=value` parts of the new query, and the fragment with its `#`."""
    safe = quote(destination, safe=PRINTABLE, errors="replace")
    address, mark, fragment = safe.partition("#")
    base, _, query = address.partition("?")
    foreign = [part for part in query.split("&") if part and parameter_name(part) not in OWN_PARAMETERS]
    added = [f"{name}={quote(value, safe='', errors='replace')}" for name, value in utm_parameters(utm).items()]
    return base, foreign + added, mark + fragment


@lru_cache(1000)
def parameter_name(part: str) -> str:
    """The parameter's name as PHP reads it: `utm%5Fsource`, `utm.source` and `utm_source[]` are all `utm_source`.

    PHP replaces dots and spaces by underscores, and a name with brackets overrides the same name without.
    """
    name = unquote_plus(part.partition("=")[0]).strip().partition("[")[0]
    return name.replace(".", "_").replace(" ", "_")
