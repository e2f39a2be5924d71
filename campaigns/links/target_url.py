"""Where a link leads: its destination with the UTM five and, last in the query, the click token. Pure.

The redirect imports this on its hot path, so it needs the standard library only. Every function is total: whatever text
comes in, what goes out is printable ASCII without spaces, fit for a `Location` header.
"""

from functools import lru_cache
from urllib.parse import quote, unquote_plus

from campaigns.links.types import Utm

CLICK_PARAMETER = "cid"
_UTM_PARAMETERS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
OWN_PARAMETERS = frozenset((*_UTM_PARAMETERS, CLICK_PARAMETER))
# Everything that may stand in a header as it is, `%` included, so that what is encoded already stays byte for byte.
PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


def compose_target(destination: str, utm: Utm) -> tuple[bytes, bytes]:
    """The address a tap is sent to, as what stands before the click token and what stands after it (the fragment).

    Any of the UTM five or a `cid` in the destination's own query is dropped, also where the link has no such value: the
    page then counts what the link says. All other parameters stay as they are, in their order.
    """
    base, parameters, fragment = _composed(destination, utm)
    before = f"{base}?{'&'.join([*parameters, f'{CLICK_PARAMETER}='])}"
    return before.encode("ascii"), fragment.encode("ascii")


def compose_url(destination: str, utm: Utm) -> str:
    """The same address without a click token, for people to see."""
    base, parameters, fragment = _composed(destination, utm)
    return f"{base}?{'&'.join(parameters)}{fragment}"


def utm_parameters(utm: Utm) -> dict[str, str]:
    """The UTM parameters that the link has, in their order, by name."""
    values = (utm.source, utm.medium, utm.campaign, utm.term, utm.content)
    return {name: value for name, value in zip(_UTM_PARAMETERS, values, strict=True) if value is not None}


def _composed(destination: str, utm: Utm) -> tuple[str, list[str], str]:
    """The destination up to its query, the `name=value` parts of the new query, and the fragment with its `#`."""
    safe = quote(destination, safe=PRINTABLE, errors="replace")
    address, mark, fragment = safe.partition("#")
    base, _, query = address.partition("?")
    kept = [part for part in query.split("&") if part and parameter_name(part) not in OWN_PARAMETERS]
    added = [f"{name}={quote(value, safe='', errors='replace')}" for name, value in utm_parameters(utm).items()]
    return base, kept + added, mark + fragment


@lru_cache(1000)
def parameter_name(part: str) -> str:
    """The parameter's name as some page reads it: `utm%5Fsource`, `utm.source` and `utm_source[]` are `utm_source`.

    PHP makes underscores of dots and spaces, and lets what has brackets behind the name replace what has none.
    """
    name = unquote_plus(part.partition("=")[0]).strip().partition("[")[0]
    return name.replace(".", "_").replace(" ", "_")
