"""Pure rules of links: which slugs there may be, and the spelling of term and content."""

import re

from campaigns.kit.errors import invalid_field
from campaigns.kit.ids import random_text
from campaigns.planning.rules import SLUG_LENGTH, SLUG_PATTERN, fold_utm_name

SHORTEST_SLUG = 3

# Digits and consonants that no print and no handwriting confuses; without vowels no draw spells a word.
SLUG_ALPHABET = "23456789bcdfghjkmnpqrstvwxz"
# How long each draw of a slug is. 27**7 is ten thousand million, so even the second draw is rare.
DRAWN_LENGTHS = (7, 7, 7, 8, 8, 8, 9, 9, 9)

# Addresses of the server itself, files that browsers and crawlers ask for, and words that would pass a link off as a
# page of the site. The server also tells taps from other requests by this list, so it has words that no slug can be.
_RESERVED = """
    v1 v2 v3 api docs redoc openapi openapi.json livez readyz healthz health metrics status version problems
    units programmes intakes campaign campaigns channel channels link links click clicks applicant applicants
    application applications statistics audit public qr keys
    admin administrator root login logout signin signout auth oauth account dashboard password
    static assets media uploads cdn favicon favicon.ico robots robots.txt sitemap sitemap.xml security.txt humans.txt
    ads.txt manifest.json sw.js well-known .well-known apple-app-site-association assetlinks.json apple-touch-icon
    apple-touch-icon.png index index.html index.php home www mail ftp
    help about contact support privacy terms imprint legal
    error not-found null undefined none nan true false
"""
RESERVED_SLUGS = frozenset(_RESERVED.split())


def fold_slug(text: str, *, pointer: str) -> str:
    """A slug that a person chose, in its one spelling (trimmed, lower case); raises Invalid at `pointer`."""
    slug = text.strip().lower()
    if not SHORTEST_SLUG <= len(slug) <= SLUG_LENGTH:
        raise invalid_field(pointer, f"A slug has {SHORTEST_SLUG} to {SLUG_LENGTH} characters.", "wrong-length")
    if not re.fullmatch(SLUG_PATTERN, slug):
        raise invalid_field(pointer, "Use letters, digits and single hyphens between them only.", "not-a-slug")
    if slug in RESERVED_SLUGS:
        raise invalid_field(pointer, "This word is reserved; choose another slug.", "reserved-slug")
    return slug


def draw_slug(length: int) -> str:
    """A random slug; never a reserved word and never only digits, which people would take for a telephone number."""
    while True:
        slug = random_text(SLUG_ALPHABET, length)
        if slug not in RESERVED_SLUGS and not slug.isdigit():
            return slug


def fold_utm_value(text: str, *, pointer: str) -> str:
    """A term or content in its one spelling: trimmed, lower case, spaces as one hyphen; raises Invalid at `pointer`.

    The characters are those of sources and mediums, so a value looks the same in an address and in a report.
    """
    return fold_utm_name("-".join(text.split()), pointer=pointer)
