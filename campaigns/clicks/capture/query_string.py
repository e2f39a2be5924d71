"""The query of a tapped short link: how it was reached, click ids of networks, and other parameters.

On the redirect's hot path, though most taps have no query. Never raises. The result is always safe to put into a URL
and into the database.
"""

import re
from functools import lru_cache
from urllib.parse import quote, unquote, unquote_to_bytes

from msgspec import Struct

from campaigns.acquisition.networks import CLICK_IDS
from campaigns.links.target_url import OWN_PARAMETERS, parameter_name

MAX_PARAMETERS = 20
MAX_NAME_LENGTH = 40
MAX_VALUE_LENGTH = 200
MAX_STORED_LENGTH = 100
# Those of TikTok have more than 300 characters, and of the value nothing is kept.
MAX_CLICK_ID_LENGTH = 1000

VIAS = frozenset({"qr"})
# The link sets these itself; the values in a tap's query are ignored.
_RESERVED_NAMES = OWN_PARAMETERS | {"via"}
# An e-mail address, a telephone or an identity number: only the name of such a parameter is kept.
_PERSONAL = re.compile(r"@|(?:\d[ .+()-]*){8}")
REMOVED = "(removed)"
# RFC 3986, 2.3: unreserved characters, which need no percent-encoding.
_PLAIN = re.compile(rb"[A-Za-z0-9._~-]*")


class TapQuery(Struct, frozen=True, gc=False):
    """What is read from the query of a tap.

    `via` is one of VIAS, `click_ids` are the lower-case names of the networks' parameters, without their values, and
    `extras` is a query string of the other parameters, personal data removed. `passed` are the parameters (name, value;
    percent-encoded) that the destination may be given.
    """

    via: str | None
    click_ids: tuple[str, ...]
    extras: str | None
    passed: tuple[tuple[bytes, bytes], ...]


EMPTY_QUERY = TapQuery(None, (), None, ())


def read_query(query: bytes) -> TapQuery:
    """Read a query string (application/x-www-form-urlencoded, WHATWG URL, 5.1).

    Parameters beyond MAX_PARAMETERS and those with too long a name or value are left out.
    """
    via, click_ids, extras, passed = None, [], [], []
    for part in query.split(b"&", MAX_PARAMETERS)[:MAX_PARAMETERS]:
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
        passed.append((name.safe, _encode(value)))
        if is_click_id:
            click_ids.append(name.folded)  # the value identifies a person, so it is not kept
        else:
            shown = REMOVED if _is_personal(value) else value[:MAX_STORED_LENGTH]
            extras.append(name.shown + b"=" + _encode(shown))
    kept = b"&".join(extras).decode("ascii") if extras else None
    return TapQuery(via, tuple(click_ids), kept, tuple(passed))


class _ParameterName(Struct, frozen=True, gc=False):
    """A parameter's name in lower case, percent-encoded, and as it is stored; `is_own` if the link sets it itself."""

    folded: str
    safe: bytes
    shown: bytes
    is_own: bool
    fits: bool


@lru_cache(1000)
def _parameter(raw: bytes) -> _ParameterName:
    # The same few names come with nearly every tap.
    text = _decode(raw)
    is_own = parameter_name(raw.decode("latin-1")).lower() in _RESERVED_NAMES
    shown = _encode(REMOVED if _is_personal(text) else text)
    return _ParameterName(text.lower(), _encode(text), shown, is_own, 0 < len(text) <= MAX_NAME_LENGTH)


def _is_personal(text: str) -> bool:
    # Addresses inside addresses are encoded twice and more.
    return bool(_PERSONAL.search(text) or ("%" in text and _PERSONAL.search(unquote(unquote(unquote(text))))))


def _decode(raw: bytes) -> str:
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "replace").replace("\0", "\ufffd")


def _encode(text: str) -> bytes:
    plain = text.encode("utf-8", "replace")
    return plain if _PLAIN.fullmatch(plain) else quote(text, safe="").encode("ascii")
