"""What stands in the query of a tapped short link: how it was reached, click ids of networks, and the rest.

On the redirect's hot path, though most taps have no query. Total: whatever was typed, the outcome is fit for an address
and for the database.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from campaigns.clicks.noting import NULL, copy_text
from campaigns.links.composing import parameter_name
from campaigns.links.origins.networks import CLICK_IDS

MOST_PARAMETERS = 20
LONGEST_NAME = 40
LONGEST_VALUE = 200
LONGEST_KEPT = 100
# Those of TikTok have more than 300 characters, and of the value nothing is kept.
LONGEST_CLICK_ID = 1000

VIAS = frozenset({"qr"})
# The link says these itself; what a tap says of them is not believed.
_OWN = frozenset({"utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "cid", "via"})
# An e-mail address, a telephone or an identity number: kept is that the parameter was there.
_PERSONAL = re.compile(r"@|(?:\d[ .+()-]*){8}")
REMOVED = "(removed)"


@dataclass(frozen=True, slots=True)
class Asked:
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
        name, value = _text(raw_name), _text(raw_value)
        folded = name.lower()
        longest = LONGEST_CLICK_ID if folded in CLICK_IDS else LONGEST_VALUE
        if not name or len(name) > LONGEST_NAME or len(value) > longest:
            continue
        if folded == "via":
            via = value.lower() if value.lower() in VIAS else via
        if parameter_name(raw_name.decode("latin-1")).lower() in _OWN:
            continue
        passed.append((_safe(name), _safe(value)))
        if folded in CLICK_IDS:
            click_ids.append(folded)  # of whom it is says its value, which is not ours to keep
        else:
            shown = REMOVED if _PERSONAL.search(value) else value[:LONGEST_KEPT]
            extras.append(_safe(name) + b"=" + _safe(shown))
    kept = copy_text(b"&".join(extras).decode("ascii")) if extras else NULL
    return Asked(copy_text(via), tuple(click_ids), kept, tuple(passed))


def _text(raw: bytes) -> str:
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8", "replace").replace("\0", "\ufffd")


def _safe(text: str) -> bytes:
    return quote(text, safe="").encode("ascii")
