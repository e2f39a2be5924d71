"""Identifiers and unguessable strings."""

import os
import secrets
import time
import zlib
from datetime import UTC, datetime
from uuid import UUID

# Crockford's base 32 without U, so without look-alikes; references are read out on the telephone.
SPOKEN_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def new_id() -> UUID:
    """A version 7 UUID (RFC 9562, 5.7): 48 bits of Unix milliseconds, then 74 random bits."""
    return uuid7_at(time.time_ns() // 1_000_000)


def uuid7_at(milliseconds: int) -> UUID:
    """A version 7 UUID for a Unix time in milliseconds."""
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    return UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62)


def time_of(identifier: UUID) -> datetime:
    """The millisecond a version 7 UUID was made, in UTC."""
    return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)


def random_text(alphabet: str, length: int) -> str:
    """Text of `length` symbols drawn from `alphabet` with the system's secure random source."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def checksum6(text: str) -> str:
    """CRC-32 of ASCII text as six base-62 symbols: finds typing errors and lets secret scanners skip look-alikes."""
    value, symbols = zlib.crc32(text.encode("ascii")), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        symbols = BASE62[digit] + symbols
    return symbols
