"""The one codec of cursors: the position of a row in a list's order, as opaque text for URLs.

A position is a tuple of integers (8 bytes, big-endian, signed) and ids (16 bytes). The cursor is their bytes in order,
in URL-safe base64 without padding. It does not contain the types of the parts; the list knows them.
"""

import base64
import binascii
import struct
from typing import TypeVar, overload
from uuid import UUID

from api.http.problems import invalid_parameter

A = TypeVar("A", int, UUID)
B = TypeVar("B", int, UUID)

_NUMBER = struct.Struct(">q")
_ID = struct.Struct("16s")


def encode_cursor(*position: int | UUID) -> str:
    packed = b"".join(part.bytes if isinstance(part, UUID) else _NUMBER.pack(part) for part in position)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


@overload
def decode_cursor(cursor: str, first: type[A], /) -> tuple[A]: ...
@overload
def decode_cursor(cursor: str, first: type[A], second: type[B], /) -> tuple[A, B]: ...
def decode_cursor(cursor: str, /, *kinds: type) -> tuple[int | UUID, ...]:
    """The position in the cursor, with parts of the types `kinds`; raises Invalid for any other text."""
    try:
        position = _unpack(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), kinds)
    except (binascii.Error, ValueError, struct.error):
        position = None
    # The decoder ignores characters that are not base64, so compare with the encoded form.
    if position is None or encode_cursor(*position) != cursor:
        raise invalid_parameter(
            "cursor", "The cursor is not valid. Use `next_cursor` of an earlier page.", "bad-cursor"
        )
    return position


def _unpack(packed: bytes, kinds: tuple[type, ...]) -> tuple[int | UUID, ...]:
    """The parts; raises struct.error unless the length is exactly that of the types."""
    parts: list[int | UUID] = []
    for kind in kinds:
        layout = _NUMBER if kind is int else _ID
        (raw,) = layout.unpack(packed[: layout.size])
        parts.append(raw if kind is int else UUID(bytes=raw))
        packed = packed[layout.size :]
    if packed:
        raise struct.error("bytes behind the last part")
    return tuple(parts)
