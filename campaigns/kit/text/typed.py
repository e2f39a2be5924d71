"""Text as people type and paste it, read without what no eye can see; pure functions.

Chats, address books and word processors put direction marks, zero-width characters, soft hyphens and several kinds of
blanks, dashes and digits into what is copied from them. None of it is the sender's doing, so it is read, not refused.

- `plain_line`: for any answer
- `plain_spelling`: for what has one spelling, such as numbers, dates and references
"""

import unicodedata
from collections.abc import Sequence
from itertools import chain, takewhile

# Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt) outside the categories C*: joiners and fillers of
# Hangul and Khmer, and variation selectors.
_IGNORABLE = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2060, 0x206F),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8),
    (0xE0000, 0xE0FFF),
)
# Stands for a picture that was not copied; dictation on iPhones leaves it behind.
_OBJECT = "\ufffc"
# A pattern of Braille without any dot; all other blanks are blanks to `str.isspace`.
_BLANK_PATTERN = "\u2800"

_JOINERS = "\u200c\u200d"
# The canonical combining class of viramas, which suppress a vowel or join two consonants.
_VIRAMA = 9

# Read as a hyphen beside those of the category Pd: minus sign, hyphen bullet, modifier letter minus.
_MORE_HYPHENS = "\u2212\u2043\u02d7"
_APOSTROPHES = "\u2018\u2019\u201b\u02bc\u2032"


def plain_line(typed: str) -> str:
    """One line in NFC, without invisible characters, with single spaces where any blanks and line breaks were.

    The joiners U+200C and U+200D stay where Indic and Arabic scripts need them.
    """
    visible = "".join(_visible(char) for char in typed)
    composed = unicodedata.normalize("NFC", " ".join(visible.split()))
    kept: list[str] = []
    for place, char in enumerate(composed):
        if char not in _JOINERS or _shapes_letters(kept, composed[place + 1 :]):
            kept.append(char)
    # Composed again, since a joiner that was taken off may have stood between a letter and its mark.
    return unicodedata.normalize("NFC", " ".join("".join(kept).split()))


def plain_spelling(typed: str) -> str:
    """The line with full-width and other compatible forms, dashes, apostrophes and digits as ASCII writes them."""
    compatible = unicodedata.normalize("NFKC", plain_line(typed))
    return plain_line("".join(_plain_mark(char) for char in compatible))


def _visible(char: str) -> str:
    """The character, a space for a blank, or nothing."""
    if char.isspace() or char == _BLANK_PATTERN:
        return " "
    if char in _JOINERS:
        return char
    # Controls, format characters, halves of characters, and points without a meaning of their own or known here.
    if unicodedata.category(char).startswith("C") or char == _OBJECT:
        return ""
    point = ord(char)
    return "" if any(first <= point <= last for first, last in _IGNORABLE) else char


def _shapes_letters(before: Sequence[str], after: str) -> bool:
    """Whether a joiner between these changes how letters are written (RFC 5892, A.1 and A.2, simplified)."""
    marks = list(takewhile(unicodedata.combining, reversed(before)))
    letter = before[-len(marks) - 1] if len(before) > len(marks) else " "
    if letter.isspace() or (before and before[-1] in _JOINERS):
        return False
    following = takewhile(unicodedata.combining, after)
    if any(unicodedata.combining(mark) == _VIRAMA for mark in chain(marks, following)):
        return True
    return unicodedata.bidirectional(letter) == unicodedata.bidirectional(after[:1] or " ") == "AL"


def _plain_mark(char: str) -> str:
    if unicodedata.category(char) == "Pd" or char in _MORE_HYPHENS:
        return "-"
    if char in _APOSTROPHES:
        return "'"
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)
