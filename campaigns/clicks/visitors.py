"""Visitors of one local day: a keyed hash, whose salt is destroyed at the end of the day. Pure.

Limited to one day on purpose: hashes of two days cannot be matched, so people cannot be tracked, and the sum of daily
visitors is exact. The IP address is used for the hash only and is not stored.

Layout of the 64 bits: 38 of the network (an IPv4 address, or an IPv6 /48), 16 of the address in it (the same IPv4
address, or the IPv6 /64 that one customer or phone has), 10 of what the user agent and language amount to
(`capture.visitor_facts`). So one address is at most 1,024 visitors a day, whatever headers it makes up.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from socket import AF_INET6, inet_pton
from zoneinfo import ZoneInfo

# The random part of a salt, which the database holds for the day.
PART_BYTES = 32

FACTS_BITS = 10
# `visitor >> NETWORK_SHIFT` is the same for all visitors of an IPv4 address or IPv6 /48: their pace is judged together.
# A /48 is 65,536 phones at most, as many as share an IPv4 address of a carrier, and can be had by anybody for free.
NETWORK_SHIFT = FACTS_BITS + 16
_FACTS = (1 << FACTS_BITS) - 1
_OF_ADDRESS = (1 << NETWORK_SHIFT) - 1 - _FACTS
_OF_NETWORK = -1 << NETWORK_SHIFT


@dataclass(frozen=True, slots=True, repr=False)
class DaySalt:
    """The salt of one local day, and the end of that day in Unix milliseconds."""

    day: date
    salt: bytes
    ends_at_ms: int


def day_salt(key: bytes, part: bytes, day: date, zone: ZoneInfo) -> DaySalt:
    """The salt of a day: HMAC-SHA-256, under a key that is not in the database, of the random part that is.

    Who has only one of the two can compute no visitor; without the part nobody can.
    """
    salt = hmac.digest(key, b"%s\0%s" % (day.isoformat().encode(), part), "sha256")
    return DaySalt(day, salt, end_of_day_ms(day, zone))


def visitor_of(salt: bytes, address: str, facts: int) -> int:
    """A signed 64-bit number for the visitor, by BLAKE2b (RFC 7693) keyed with the day's salt.

    `address` is an IP address in canonical form, empty if unknown; `facts` has FACTS_BITS bits.
    """
    if ":" in address:
        packed = inet_pton(AF_INET6, address)
        number = _hash(salt, packed[:6]) & _OF_NETWORK | _hash(salt, packed[:8]) & _OF_ADDRESS | facts
    else:
        number = _hash(salt, address.encode()) & ~_FACTS | facts
    return number - (1 << 64) if number >> 63 else number


def _hash(salt: bytes, part: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(part, digest_size=8, key=salt).digest(), "big")


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def end_of_day_ms(day: date, zone: ZoneInfo) -> int:
    """The end of the local day in Unix milliseconds."""
    return int(datetime.combine(day + timedelta(days=1), clock.min, zone).timestamp() * 1000)
