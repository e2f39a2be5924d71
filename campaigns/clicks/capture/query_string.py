"""The query of a tapped short link: how it was reached, click ids of networks, and other parameters.

On the redirect's hot path, though most taps have no query. Never raises. The result is always safe to put into a URL
and into the database.
"""

import re
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from msgspec import Struct

from campaigns.acquisition.ad_parameters import AD_PARAMETERS
from campaigns.acquisition.networks import CLICK_IDS
from campaigns.links.target_url import OWN_PARAMETERS, parameter_name

MAX_QUERY_BYTES = 8192  # what is behind is not read
MAX_PASSED_BYTES = 4096  # of what a destination is given, so that no proxy refuses the answer's header
MAX_PARAMETERS = 20
MAX_NAME_LENGTH = 40
MAX_VALUE_LENGTH = 200
# Those of TikTok have more than 300 characters, and of the value nothing is kept.
MAX_CLICK_ID_LENGTH = 1000

VIAS = frozenset({"qr"})
# The link sets these itself; the values in a tap's query are ignored.
_RESERVED_NAMES = OWN_PARAMETERS | {"via"}
REMOVED = "(removed)"
# RFC 3986, 2.3: unreserved characters, which need no percent-encoding.
_PLAIN = re.compile(rb"[A-Za-z0-9._~-]*")


class TapQuery(Struct, frozen=True, gc=False):
    """What is read from the query of a tap.

    `via` is one of VIAS, `click_ids` are the lower-case names of the networks' parameters, without their values, and
    `extras` is a query string of the AD_PARAMETERS, with REMOVED for a value that is not stored. `passed` are the
    parameters (name, value; percent-encoded) that the destination may be given.
    """

    via: str | None
    click_ids: tuple[str, ...]
    extras: str | None
    passed: tuple[tuple[bytes, bytes], ...]


EMPTY_QUERY = TapQuery(None, (), None, ())


def read_query(query: bytes) -> TapQuery:
    """Read a query string (application/x-www-form-urlencoded, WHATWG URL, 5.1).

    Parameters beyond MAX_PARAMETERS or MAX_QUERY_BYTES and those with too long a name or value are left out, and of
    `passed` those beyond MAX_PASSED_BYTES.
    """
    via, click_ids, extras, passed = None, [], [], []
    room = MAX_PASSED_BYTES
    for part in query[:MAX_QUERY_BYTES].split(b"&", MAX_PARAMETERS)[:MAX_PARAMETERS]:
        raw_name, _, raw_value = part.partition(b"=")
        if not 0 < len(raw_name) <= 3 * MAX_NAME_LENGTH:
            continue
        name = _parameter(raw_name)
        value = _decode(raw_value)
        is_click_id = name.folded in CLICK_IDS
        if not name.fits or len(value) > (MAX_CLICK_ID_LENGTH if is_click_id else MAX_VALUE_LENGTH):
            continue
        if name.folded == "via":
            via = value.lower() if value.lower() in VIAS else via
        if name.is_own:
            continue
        safe_value = _encode(value)
        room -= len(name.safe) + len(safe_value) + 2
        if room >= 0:
            passed.append((name.safe, safe_value))
        if is_click_id:
            click_ids.append(name.folded)  # the value identifies a person, so it is not kept
        elif (stored := AD_PARAMETERS.get(name.folded)) is not None:
            word = value.lower()
            extras.append(name.folded.encode() + b"=" + _encode(word if stored.fullmatch(word) else REMOVED))
    kept = b"&".join(extras).decode("ascii") if extras else None
    return TapQuery(via, tuple(click_ids), kept, tuple(passed))


class _ParameterName(Struct, frozen=True, gc=False):
    """A parameter's name in lower case, and percent-encoded; `is_own` if the link sets it itself."""

    folded: str
    safe: bytes
    is_own: bool
    fits: bool


@lru_cache(1000)
def _parameter(raw: bytes) -> _ParameterName:
    # The same few names come with nearly every tap.
    text = _decode(raw)
    is_own = parameter_name(raw.decode("latin-1")).lower() in _RESERVED_NAMES
    return _ParameterName(text.lower(), _encode(text), is_own, 0 < len(text) <= MAX_NAME_LENGTH)


def _decode(raw: bytes) -> str:
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "replace").replace("\0", "\ufffd")


def _encode(text: str) -> bytes:
    plain = text.encode("utf-8", "replace")
    return plain if _PLAIN.fullmatch(plain) else quote(text, safe="").encode("ascii")
