"""Pure rules of links: which slugs are allowed, the normal form of each field, and the states of a link.

No rule looks at other links; the allow-list of hosts is passed in by `operations`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from campaigns.kit.errors import Conflict, FieldError, FieldPath, collect_errors, invalid_field, raise_if_any
from campaigns.kit.ids import random_text
from campaigns.kit.text.languages import current_language
from campaigns.links.types import LinkState, Rule, RuleDevice, Variant
from campaigns.naming.utm import SLUG_LENGTH, SLUG_PATTERN, UTM_NAME_PATTERN, fold_utm_name
from campaigns.planning.rules import (
    PREVIEW_DESCRIPTION_LENGTH,
    PREVIEW_TITLE_LENGTH,
    allowed_address,
    allowed_picture,
    printable_text,
)

MIN_SLUG_LENGTH = 3
NAME_LENGTH = 200
TAG_LENGTH = 40
MAX_TAGS = 20
MAX_RULES = 20
LANGUAGE_PATTERN = r"^[a-z]{2,3}$"
MIN_VARIANTS, MAX_VARIANTS = 2, 10
VARIANT_KEY_LENGTH = 20
MAX_VARIANT_WEIGHT = 1000

# The states a change can give a link; retiring is an operation of its own, since it is final.
NEXT_STATES: Mapping[str, frozenset[str]] = {
    LinkState.DRAFT: frozenset({LinkState.ACTIVE}),
    LinkState.ACTIVE: frozenset({LinkState.PAUSED}),
    LinkState.PAUSED: frozenset({LinkState.ACTIVE}),
    LinkState.RETIRED: frozenset(),
}
FIRST_STATES = frozenset({LinkState.DRAFT, LinkState.ACTIVE})

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


def fold_slug(text: str, *, path: FieldPath) -> str:
    """A slug that a person chose, in its one spelling (trimmed, lower case); raises Invalid at `path`."""
    slug = text.strip().lower()
    if not MIN_SLUG_LENGTH <= len(slug) <= SLUG_LENGTH:
        raise invalid_field(path, f"A slug must have {MIN_SLUG_LENGTH} to {SLUG_LENGTH} characters.", "wrong-length")
    if not re.fullmatch(SLUG_PATTERN, slug):
        raise invalid_field(path, "Use only letters and digits, with single hyphens between them.", "not-a-slug")
    if slug in RESERVED_SLUGS:
        raise invalid_field(path, "This word is reserved. Choose another slug.", "reserved-slug")
    return slug


def draw_slug(length: int) -> str:
    """A random slug; never a reserved word and never only digits, which people would take for a telephone number."""
    while True:
        slug = random_text(SLUG_ALPHABET, length)
        if slug not in RESERVED_SLUGS and not slug.isdigit():
            return slug


def fold_utm_value(text: str, *, path: FieldPath) -> str:
    """A term or content in its one spelling: trimmed, lower case, spaces as one hyphen; raises Invalid at `path`.

    The characters are those of sources and mediums, so a value looks the same in an address and in a report.
    """
    return fold_utm_name("-".join(text.split()), path=path)


def fold_tag(text: str, *, path: FieldPath) -> str:
    """A tag in its one spelling, folded like a term, so that `Week 1` and `week-1` are one; raises Invalid."""
    tag = "-".join(text.split()).lower()
    if not 1 <= len(tag) <= TAG_LENGTH:
        raise invalid_field(path, f"A tag must have 1 to {TAG_LENGTH} characters.", "wrong-length")
    if not re.fullmatch(UTM_NAME_PATTERN, tag):
        raise invalid_field(
            path,
            "Use only letters, digits, dots, hyphens and underscores, and start with a letter or digit.",
            "not-a-tag",
        )
    return tag


def normalize_fields(
    given: Mapping[str, Any], *, hosts: list[str], path: FieldPath, errors: list[FieldError]
) -> dict[str, Any]:
    """Fields of a link in the form they are stored in; what is wrong with the others is added to `errors`.

    `hosts` is the allow-list that holds for the campaign's unit, `path` leads to the link they belong to.
    """
    settled = dict(given)
    for name, value in given.items():
        if value is None:
            continue
        with collect_errors(errors):
            if name in _SPELLED:
                settled[name] = _SPELLED[name](value, path=(*path, name))
            elif name in _LEADING:
                settled[name] = _LEADING[name](value, hosts=hosts, path=(*path, name))
    return settled


def find_date_errors(
    starts_at: datetime | None, ends_at: datetime | None, ended_destination: str | None, *, path: FieldPath
) -> list[FieldError]:
    """What is wrong with a link's dates: it ends after it begins, and leads elsewhere afterwards only if it ends."""
    errors = []
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        errors.append(FieldError((*path, "ends_at"), "`ends_at` must be after `starts_at`.", "wrong-order"))
    if ended_destination is not None and ends_at is None:
        detail = "`ended_destination` requires `ends_at`."
        errors.append(FieldError((*path, "ended_destination"), detail, "needs-end"))
    return errors


def require_next_state(state: str, wanted: str) -> None:
    """Raise Conflict (`state-not-reachable`) unless a link of the state can be given the other by a change."""
    if wanted != state and wanted not in NEXT_STATES[state]:
        raise Conflict("state-not-reachable", f"A link in the state `{state}` cannot change to `{wanted}`.")


def _settle_tags(tags: Sequence[str], *, path: FieldPath) -> list[str]:
    if len(tags) > MAX_TAGS:
        raise invalid_field(path, f"A link can have at most {MAX_TAGS} tags.", "too-many")
    errors: list[FieldError] = []
    folded = set()
    for place, tag in enumerate(tags):
        with collect_errors(errors):
            folded.add(fold_tag(tag, path=(*path, place)))
    raise_if_any(errors)
    return sorted(folded)


def _settle_rules(rules: Sequence[Rule], *, hosts: list[str], path: FieldPath) -> list[Rule]:
    if len(rules) > MAX_RULES:
        raise invalid_field(path, f"A link can have at most {MAX_RULES} rules.", "too-many")
    errors: list[FieldError] = []
    settled: list[Rule] = []
    for place, rule in enumerate(rules):
        at = (*path, place)
        device, language, destination = rule["device"], rule["language"], rule["destination"]
        if device is not None and device not in set(RuleDevice):
            known = ", ".join(RuleDevice)
            errors.append(FieldError((*at, "device"), f"Unknown device. Allowed devices: {known}.", "unknown-device"))
        if language is not None:
            language = current_language(language.strip().lower())
            if not re.fullmatch(LANGUAGE_PATTERN, language):
                detail = "Write a language as two or three letters without a region, such as id."
                errors.append(FieldError((*at, "language"), detail, "not-a-language"))
        if device is None and language is None:
            errors.append(FieldError(at, "A rule must have a device, a language or both.", "matches-everything"))
        elif any(_covers(earlier, device, language) for earlier in settled):
            detail = "An earlier rule already matches everything that this rule matches."
            errors.append(FieldError(at, detail, "unreachable"))
        with collect_errors(errors):
            destination = allowed_address(destination, hosts=hosts, path=(*at, "destination"))
        settled.append({"device": device, "language": language, "destination": destination})
    raise_if_any(errors)
    return settled


def _covers(rule: Rule, device: str | None, language: str | None) -> bool:
    """Whether the rule matches every tap that one with this device and language would."""
    if rule["device"] is None and rule["language"] is None:
        return False  # at fault itself; the rules after it are not to blame
    return rule["device"] in (None, device) and rule["language"] in (None, language)


def _settle_variants(variants: Sequence[Variant], *, hosts: list[str], path: FieldPath) -> list[Variant]:
    if variants and not MIN_VARIANTS <= len(variants) <= MAX_VARIANTS:
        detail = f"A link must have no variants, or {MIN_VARIANTS} to {MAX_VARIANTS}."
        raise invalid_field(path, detail, "wrong-number")
    errors: list[FieldError] = []
    settled: list[Variant] = []
    for place, variant in enumerate(variants):
        at, key, destination = (*path, place), variant["key"].strip().lower(), variant["destination"]
        if len(key) > VARIANT_KEY_LENGTH or not re.fullmatch(SLUG_PATTERN, key):
            detail = f"A key must have 1 to {VARIANT_KEY_LENGTH} letters and digits, with single hyphens between them."
            errors.append(FieldError((*at, "key"), detail, "not-a-key"))
        elif key in {earlier["key"] for earlier in settled}:
            errors.append(FieldError((*at, "key"), "An earlier variant has the same key.", "repeated"))
        if not 1 <= variant["weight"] <= MAX_VARIANT_WEIGHT:
            errors.append(FieldError((*at, "weight"), f"A weight must be 1 to {MAX_VARIANT_WEIGHT}.", "out-of-range"))
        with collect_errors(errors):
            destination = allowed_address(destination, hosts=hosts, path=(*at, "destination"))
        settled.append({"key": key, "destination": destination, "weight": variant["weight"]})
    raise_if_any(errors)
    return settled


_SPELLED: Mapping[str, Callable[..., Any]] = {
    "name": partial(printable_text, longest=NAME_LENGTH),
    "slug": fold_slug,
    "utm_term": fold_utm_value,
    "utm_content": fold_utm_value,
    "tags": _settle_tags,
    "preview_title": partial(printable_text, longest=PREVIEW_TITLE_LENGTH),
    "preview_description": partial(printable_text, longest=PREVIEW_DESCRIPTION_LENGTH),
}
_LEADING: Mapping[str, Callable[..., Any]] = {
    "destination": allowed_address,
    "ended_destination": allowed_address,
    "preview_image": allowed_picture,
    "rules": _settle_rules,
    "variants": _settle_variants,
}
