"""Visitors of one local day: a keyed hash, whose salt is deleted at the end of the day. Pure.

Limited to one day on purpose: hashes of two days cannot be matched, so people cannot be tracked, and the sum of daily
visitors is exact. The IP address is used for the hash only and is not stored.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

SALT_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class DaySalt:
    """The salt of one local day, and the end of that day in Unix milliseconds."""

    day: date
    salt: bytes
    ends_at_ms: int


def visitor_of(salt: bytes, address: bytes, agent: bytes, language: bytes) -> int:
    """A signed 64-bit number for the visitor: BLAKE2b (RFC 7693) keyed with the day's salt."""
    digest = hashlib.blake2b(b"\0".join((address, agent, language)), digest_size=8, key=salt).digest()
    return int.from_bytes(digest, "big", signed=True)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def end_of_day_ms(day: date, zone: ZoneInfo) -> int:
    """The end of the local day in Unix milliseconds."""
    return int(datetime.combine(day + timedelta(days=1), clock.min, zone).timestamp() * 1000)
