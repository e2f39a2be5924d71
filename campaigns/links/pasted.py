"""Reads the path of a short link as it was pasted, when it is not the slug of a link as it stands. Pure.

Chats, texts and word processors put marks, quotes, brackets and invisible characters around an address, glue words and
parameters to it, break it over two lines and change its hyphens. Used after the exact look-up has missed, so a slug
that exists is never read in another way, and the common tap pays nothing.

In this order: percent-encoding and HTML entities are undone, invisible characters taken off and forms of letters made
plain; a glued query is cut off; addresses in front are dropped; what is no letter or digit at both ends is dropped.
"""

import re
import unicodedata
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import quote, unquote

from campaigns.kit.text.typed import plain_line
from campaigns.naming.utm import SLUG_LENGTH, SLUG_PATTERN

# What is further on is not read: a host in front, a slug and some marks are shorter, and reading costs time.
MAX_READ = 200
MAX_RAW = 1000
# An address that was copied from an address that was copied.
MAX_ENCODINGS = 2
# Of one text: what stands before, between and after addresses in it.
MAX_PIECES = 3
MIN_KEY_LENGTH = 3

_SLUG = re.compile(SLUG_PATTERN)
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
# A key cap as emoji: the digit is no part of the text.
_KEY_CAP = re.compile("[0-9#*]\ufe0f?\u20e3")
# Full-width letters, and the letters of mathematics with which people write bold. Footnote and circled digits and
# other compatible forms are marks.
_PLAIN_FORMS = ("<wide>", "<font>")
_MORE_HYPHENS = "\u2212\u2043\u02d7"
_GLUE = re.compile(r"[?&#]|;(?=[\w.%-]+=)")
# The scheme as it is, or made harmless by a mail program; then the host.
_ADDRESS = re.compile(r"h(?:tt|xx)ps?(?::[/\\ ]*|[/\\]{2})[^/\\\s]*", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?", re.IGNORECASE)
_SLASHES = re.compile(r"[/\\]+")
# What site generators and web servers append.
_INDEX = re.compile(r"(?:index|default)\.[a-z]{3,5}", re.IGNORECASE)
_EXTENSION = re.compile(r"(?<=[a-z0-9])\.(?:html?|php|aspx?)$")
_ENDS = re.compile(r"^[^a-z0-9]+|[^a-z0-9]+$")
_NO_KEY = re.compile(r"[^a-z0-9]+")
# The first run of what slugs are made of, with what stands for a hyphen.
_HEAD = re.compile(r"[a-z0-9]+(?:[-_]+[a-z0-9]+)*")
_OFFICIAL = re.compile(r"[a-z0-9]\+(?![a-z0-9])", re.IGNORECASE)


class Pasted(NamedTuple):
    """What a pasted path can mean.

    `slug` is the path without what was put around it, "" if that is no slug. Further `readings`, each a slug or "" and
    its key, are parts of it or spell hyphens differently: they mean a link only where they can mean but one. `query` is
    what was glued on, percent-encoded. `is_official` asks for the page that a `+` at the end shows.
    """

    slug: str
    readings: tuple[tuple[str, str], ...]
    query: bytes
    is_official: bool


def read_pasted(path: str) -> Pasted:
    """Read a percent-decoded path; never raises. Reading the `slug` again gives the same slug and no query."""
    text, query = _cut_query(_plain(path))
    pieces = [piece for piece in _ADDRESS.split(text) if _ENDS.sub("", piece.lower())][:MAX_PIECES]
    slug = _as_slug(_peel(_segment(pieces[0]))) if pieces else ""
    readings = dict.fromkeys(reading for piece in pieces for reading in _readings(piece))
    is_official = bool(pieces and _OFFICIAL.search(pieces[0]))
    return Pasted(slug, tuple(readings), query, is_official)


def slug_key(slug: str) -> str:
    """The letters and digits of a slug, in which spellings of its hyphens do not differ."""
    return slug.replace("-", "")


def _plain(path: str) -> str:
    text = path[:MAX_RAW]
    for _ in range(MAX_ENCODINGS):
        if not _ENCODED.search(text):
            break
        text = unquote(text, errors="replace")
    text = _ENTITY.sub(lambda found: unescape(found[0]), text)[:MAX_READ]
    if text.isascii() and text.isprintable():
        return text.strip()
    # Without marks, before they become one with the letter they follow: `bintara` and an accent is no other word.
    base = (char for char in _KEY_CAP.sub(" ", text) if not unicodedata.category(char).startswith("M"))
    return "".join(map(_plain_form, plain_line("".join(base))))


def _plain_form(char: str) -> str:
    if char.isascii():
        return char
    if unicodedata.category(char) == "Pd" or char in _MORE_HYPHENS:
        return "-"
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    return unicodedata.normalize("NFKC", char) if unicodedata.decomposition(char).startswith(_PLAIN_FORMS) else char


def _cut_query(text: str) -> tuple[str, bytes]:
    """The text before a glued query, and the parameters of that."""
    begun = re.search(r"[A-Za-z0-9]", text)
    glue = _GLUE.search(text, begun.start()) if begun else None
    if glue is None:
        return text, b""
    separators = "[?&;]" if glue[0] == ";" else "[?&]"
    parameters = re.split(separators, text[glue.start() + 1 :].partition("#")[0]) if glue[0] != "#" else []
    named = (part.strip() for part in parameters if part.strip().partition("=")[0] and "=" in part)
    return text[: glue.start()], "&".join(quote(part, safe="=+", errors="replace") for part in named).encode()


def _readings(piece: str) -> Iterator[tuple[str, str]]:
    """What else the piece can mean: all of it, its first word, and the beginning of that up to a mark."""
    word = _peel(_segment(piece.split(maxsplit=1)[0]))
    head = _HEAD.match(word)
    for text in (_peel(_segment(piece)), word, head[0] if head else ""):
        key = _NO_KEY.sub("", text)
        if MIN_KEY_LENGTH <= len(key) <= SLUG_LENGTH:
            yield _as_slug(text), key


def _segment(text: str) -> str:
    """The one segment of a path that can be a slug; "" where there are several, as on a page of some site."""
    segments = [segment for segment in _SLASHES.split(text) if _ENDS.sub("", segment.lower())]
    if len(segments) > 1 and _HOST.fullmatch(_ENDS.sub("", segments[0].lower())):
        del segments[0]
    if len(segments) > 1 and _INDEX.fullmatch(_ENDS.sub("", segments[-1].lower())):
        del segments[-1]
    return segments[0] if len(segments) == 1 else ""


def _peel(text: str) -> str:
    return _EXTENSION.sub("", _ENDS.sub("", text.lower()))


def _as_slug(text: str) -> str:
    return text if len(text) <= SLUG_LENGTH and _SLUG.fullmatch(text) else ""
