"""A tap as one line of COPY text. The stored columns and their order are defined here and nowhere else.

To store another column, add it to the table's model and migration, then here: its name to a tuple, and its value at
the same position in the function next to that tuple.
"""

from binascii import hexlify
from functools import lru_cache
from time import gmtime, strftime

from msgspec import Struct

from campaigns.clicks.pg_copy import NULL, CopyTable, copy_text

_HEADER_COLUMNS = ("agent_id", "observed", "language", "referrer_host")


def encode_headers(*, agent_id: int, observed: int, language: str | None, referrer_host: str | None) -> bytes:
    """The columns that repeat from tap to tap; made once per combination of request headers."""
    return b"%d\t%d\t%s\t%s" % (agent_id, observed, copy_text(language), copy_text(referrer_host))


_TAP_COLUMNS = ("id", "clicked_at", "visitor", "country", *_HEADER_COLUMNS, "network")
CLICKS = CopyTable("clicks", ("campaign_id", "link_id", *_TAP_COLUMNS, "via", "variant", "extras"))
ORPHANS = CopyTable("orphan_taps", ("slug", *_TAP_COLUMNS))

# A journal that an older release left behind names its tables as that release did.
RENAMED_TABLES = {"orphan_clicks": ORPHANS.name}


class TapRow(Struct, frozen=True, gc=False):
    """The stored data of a tap, of an existing or unknown link.

    `id` is a version 7 UUID of 16 bytes, `clicked_ms` its time in Unix milliseconds, `headers` what `encode_headers`
    returned. `via` and `extras` are stored with the taps of links only.
    """

    id: bytes
    clicked_ms: int
    visitor: int
    country: str | None
    headers: bytes
    network: str | None
    via: str | None
    extras: str | None


def encode_click(tap: TapRow, campaign_id: bytes, link_id: bytes, variant: str | None) -> bytes:
    """A line for CLICKS, ended by a newline; both ids are UUIDs of 16 bytes."""
    return b"%s\t%s\t%s\t%s\t%s\t%s\n" % (
        hexlify(campaign_id),
        hexlify(link_id),
        _encode_tap(tap),
        _encode_word(tap.via),
        _encode_word(variant),
        NULL if tap.extras is None else copy_text(tap.extras),
    )


def encode_orphan(tap: TapRow, slug: str) -> bytes:
    """A line for ORPHANS, ended by a newline."""
    return b"%s\t%s\n" % (copy_text(slug), _encode_tap(tap))


def _encode_tap(tap: TapRow) -> bytes:
    # One format for all columns is a sixth faster than joining them.
    second, fraction = divmod(tap.clicked_ms, 1000)
    return b"%s\t%s.%03d+00\t%d\t%s\t%s\t%s" % (
        hexlify(tap.id),
        _encode_second(second),
        fraction,
        tap.visitor,
        _encode_word(tap.country),
        tap.headers,
        _encode_word(tap.network),
    )


# The few values of these columns come with nearly every tap.
_encode_word = lru_cache(1000)(copy_text)


@lru_cache(16)
def _encode_second(second: int) -> bytes:
    return strftime("%Y-%m-%d %H:%M:%S", gmtime(second)).encode()
