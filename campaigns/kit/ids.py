"""Identifiers and unguessable strings."""

import os
import secrets
import time
import zlib
from datetime import UTC, datetime
from uuid import UUID

# Crockford's base 32, which has no look-alikes; references are read out on the telephone.
SPOKEN_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VERSION_AND_VARIANT = 0x7 << 76 | 0x2 << 62
_RANDOM_MASK = (1 << 128) - 1 & ~(0xF << 76 | 0x3 << 62)
# Random bits drawn in advance: a system call per id would double its cost. Each is used once.
DRAWN_AT_ONCE = 256
_drawn: list[bytes] = []
os.register_at_fork(after_in_child=_drawn.clear)
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_id() -> UUID:
    """A version 7 UUID (RFC 9562, 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    return uuid7_at(time.time_ns() // 1_000_000)


def uuid7_at(milliseconds: int) -> UUID:
    """A version 7 UUID for a Unix time in milliseconds."""
    return UUID(bytes=uuid7_bytes(milliseconds))


def uuid7_bytes(milliseconds: int) -> bytes:
    """The 16 bytes of `uuid7_at`, without the cost of a UUID object."""
    try:
        random = _drawn.pop()
    except IndexError:
        block = os.urandom(10 * DRAWN_AT_ONCE)
        _drawn.extend(block[start : start + 10] for start in range(10, len(block), 10))
        random = block[:10]
    value = milliseconds << 80 | int.from_bytes(random, "big")
    return (value & _RANDOM_MASK | _VERSION_AND_VARIANT).to_bytes(16, "big")


def least_id_at(moment: datetime) -> UUID:
    """A bound for ranges of version 7 UUIDs: at most as great as any of this millisecond, greater than all before."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | _VERSION_AND_VARIANT)


def time_of(identifier: UUID) -> datetime:
    """When a version 7 UUID was made (UTC, to the millisecond)."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def random_text(alphabet: str, length: int) -> str:
    """`length` symbols drawn uniformly from `alphabet` by the system's secure random source."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def checksum6(text: str) -> str:
    """CRC-32 of ASCII text as six base-62 symbols: detects typing errors and spares secret scanners false alarms."""
    value, symbols = zlib.crc32(text.encode("ascii")), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        symbols = BASE62[digit] + symbols
    return symbols
