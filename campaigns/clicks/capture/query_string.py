"""What stands in the query of a tapped short link: how it was reached, click ids of networks, and the rest.

On the redirect's hot path, though most taps have no query. Total: whatever was typed, the outcome is fit for an address
and for the database.
"""

import re
from functools import lru_cache
from urllib.parse import quote, unquote, unquote_to_bytes

from msgspec import Struct

from campaigns.acquisition.networks import CLICK_IDS
from campaigns.clicks.capture.request_headers import NULL, copy_text
from campaigns.links.target_url import OWN_PARAMETERS, parameter_name

MOST_PARAMETERS = 20
LONGEST_NAME = 40
LONGEST_VALUE = 200
LONGEST_KEPT = 100
# Those of TikTok have more than 300 characters, and of the value nothing is kept.
LONGEST_CLICK_ID = 1000

VIAS = frozenset({"qr"})
# The link says these itself; what a tap says of them is not believed.
_OWN = OWN_PARAMETERS | {"via"}
# An e-mail address, a telephone or an identity number: kept is that the parameter was there.
_PERSONAL = re.compile(r"@|(?:\d[ .+()-]*){8}")
REMOVED = "(removed)"
# RFC 3986, 2.3: what stands for itself, in a query as in an address.
_PLAIN = re.compile(rb"[A-Za-z0-9._~-]*")


class Asked(Struct, frozen=True, gc=False):
    """`via` and `extras` are columns as COPY text, `click_ids` names only, `passed` what may be passed on."""

    via: bytes
    click_ids: tuple[str, ...]
    extras: bytes
    passed: tuple[tuple[bytes, bytes], ...]


NOTHING = Asked(NULL, (), NULL, ())


def read_query(query: bytes) -> Asked:
    """Read a query string (application/x-www-form-urlencoded, WHATWG URL, 5.1); what is too much of it is left out."""
    via, click_ids, extras, passed = None, [], [], []
    for part in query.split(b"&", MOST_PARAMETERS)[:MOST_PARAMETERS]:
        raw_name, _, raw_value = part.partition(b"=")
        if not 0 < len(raw_name) <= 3 * LONGEST_NAME:
            continue
        name = _name(raw_name)
        value = _text(raw_value)
        is_click_id = name.folded in CLICK_IDS
        if not name.fits or len(value) > (LONGEST_CLICK_ID if is_click_id else LONGEST_VALUE):
            continue
        if name.folded == "via":
            via = value.lower() if value.lower() in VIAS else via
        if name.is_own:
            continue
        passed.append((name.safe, _safe(value)))
        if is_click_id:
            click_ids.append(name.folded)  # of whom it is says its value, which is not ours to keep
        else:
            shown = REMOVED if _is_personal(value) else value[:LONGEST_KEPT]
            extras.append(name.shown + b"=" + _safe(shown))
    kept = copy_text(b"&".join(extras).decode("ascii")) if extras else NULL
    return Asked(copy_text(via), tuple(click_ids), kept, tuple(passed))


class _Name(Struct, frozen=True, gc=False):
    """A parameter's name: fit for comparing, for an address and for keeping; whether the link says it itself."""

    folded: str
    safe: bytes
    shown: bytes
    is_own: bool
    fits: bool


@lru_cache(1000)
def _name(raw: bytes) -> _Name:
    # The same few names come with nearly every tap.
    text = _text(raw)
    is_own = parameter_name(raw.decode("latin-1")).lower() in _OWN
    shown = _safe(REMOVED if _is_personal(text) else text)
    return _Name(text.lower(), _safe(text), shown, is_own, 0 < len(text) <= LONGEST_NAME)


def _is_personal(text: str) -> bool:
    # Addresses inside addresses are encoded twice and more.
    return bool(_PERSONAL.search(text) or ("%" in text and _PERSONAL.search(unquote(unquote(unquote(text))))))


def _text(raw: bytes) -> str:
    if _PLAIN.fullmatch(raw):
        return raw.decode("ascii")
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "replace").replace("\0", "\ufffd")


def _safe(text: str) -> bytes:
    plain = text.encode("utf-8", "replace")
    return plain if _PLAIN.fullmatch(plain) else quote(text, safe="").encode("ascii")
