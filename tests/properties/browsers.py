"""Which host a browser goes to, read after the WHATWG URL standard (4.4) and not with the product's own parser."""

import re
import unicodedata
from urllib.parse import unquote

# Mapped to nothing in a host (UTS 46): the soft hyphen, joiners, variation selectors and their like.
_IGNORED = re.compile("[\u00ad\u034f\u180b-\u180d\u180f\u200b-\u200d\u2060\u2064\ufe00-\ufe0f\ufeff]")


def browser_host(text: str) -> str | None:
    """The host in lower case, its letters mapped (UTS 46) and in ASCII, for an http(s) address; None for any other.

    What stands around the address and the tabs and line ends in it are dropped, any number of slashes in either
    direction begins the host, and everything up to the last `@` is a user name.
    """
    bare = re.sub(r"[\t\n\r]", "", text.strip("".join(map(chr, range(0x21)))))
    scheme = re.match(r"https?:[/\\]*", bare, re.IGNORECASE)
    if scheme is None:
        return None
    authority = re.split(r"[/\\?#]", bare[scheme.end() :], maxsplit=1)[0]
    host = re.sub(r":[0-9]*$", "", authority.rpartition("@")[2])
    letters = unicodedata.normalize("NFKC", _IGNORED.sub("", unquote(host)))
    labels = letters.lower().replace("\u3002", ".").split(".")
    return ".".join(one if one.isascii() else f"xn--{one.encode('punycode').decode()}" for one in labels) or None
