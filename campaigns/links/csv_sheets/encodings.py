"""From the bytes of a sheet to its text: UTF-8 and UTF-16, with or without their mark, and Windows-1252.

Excel writes "CSV" in Windows-1252 and "Unicode text" in UTF-16, and neither says so in a way that is always there.
"""

import codecs
import contextlib
import re

from campaigns.kit.errors import invalid_field

# How files begin that are no text: those of Excel since 2007 and of LibreOffice (zip), and those of Excel before.
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
# As much of a file as tells which of two bytes is the empty half of Latin letters.
_HEAD = 200
_UTF8_LETTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")


def decode_sheet(data: bytes) -> str:
    """The text of a file, without its mark. Raises Invalid for a workbook, and for what is in no such encoding."""
    if data.startswith(_WORKBOOKS):
        raise invalid_field((), "This is a workbook. Save the sheet as CSV in UTF-8.", "not-csv")
    for encoding in _encodings_of(data):
        with contextlib.suppress(UnicodeDecodeError):
            return data.decode(encoding).removeprefix("\ufeff")
    raise invalid_field((), "The file is damaged, or not in UTF-8. Save it as CSV in UTF-8.", "not-utf8")


def _encodings_of(data: bytes) -> tuple[str, ...]:
    """The encodings that the file can be in, of which the first that fits is meant."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    head = data[:_HEAD]
    first, second = head[::2].count(0), head[1::2].count(0)
    if head and 2 * max(first, second) >= len(head) // 2:
        return ("utf-16-le" if second > first else "utf-16-be",)
    return ("utf-8",) if _is_mostly_utf8(data) else ("utf-8", "cp1252")


def _is_mostly_utf8(data: bytes) -> bool:
    """Whether most bytes beyond ASCII make letters of UTF-8; a file that was damaged is then none of Windows-1252."""
    letters = sum(len(letter) for letter in _UTF8_LETTER.findall(data))
    return 2 * letters > len(_HIGH_BYTE.findall(data))
