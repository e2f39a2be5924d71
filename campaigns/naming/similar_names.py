"""Names that are likely meant to be one: slips of the pen, plurals and separators. Pure.

A near-duplicate of a name in use is refused, since figures would be split between the two for ever; whoever means it
confirms it in `keep_names`. Names that differ in their digits are two names.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from campaigns.kit.errors import FieldPath
from campaigns.naming.normal_form import parse_typed_name
from campaigns.naming.types import NameIssue, NameIssueKind
from campaigns.naming.utm import is_utm_name

# Words at least this long that differ by one slip are taken for one word; of shorter ones most differ on purpose.
MIN_TYPO_LENGTH = 5


def find_near_duplicates(names: Collection[str], known: Collection[str], keep_names: Collection[str]) -> dict[str, str]:
    """The near-duplicates among the names that nobody confirmed; `keep_names` are confirmed, in any spelling."""
    found = near_duplicates(names, known)
    kept = {parse_typed_name(name).hyphenated for name in keep_names} if found else set()
    return {name: existing for name, existing in found.items() if name not in kept}


def near_duplicates(names: Collection[str], known: Collection[str]) -> dict[str, str]:
    """For each of the new names that is a near-duplicate: the name in use, or earlier in `names`, that it resembles.

    All names are in their normal form. A name that is in use already is no near-duplicate, nor is what cannot be a name
    at all, which is refused for that. The work grows with the number of names, not with its square: both sides are
    looked up by what they are when one letter is left out.
    """
    in_use = set(known)
    fresh = [name for name in dict.fromkeys(names) if name not in in_use and is_utm_name(name)]
    by_key: dict[str, list[str]] = defaultdict(list)
    for name in fresh:
        for key in _keys(name):
            by_key[key].append(name)
    found = _near_names_in_use(fresh, by_key, in_use)
    return found | _near_earlier_names([name for name in fresh if name not in found], by_key)


def _near_names_in_use(
    fresh: Sequence[str], by_key: Mapping[str, Sequence[str]], in_use: Collection[str]
) -> dict[str, str]:
    """The fresh names near one in use, with the alphabetically first of those."""
    digits = {_digits(name) for name in fresh}
    found: dict[str, str] = {}
    for old in sorted(old for old in in_use if _digits(old) in digits):
        for key in _keys(old):
            for name in by_key.get(key, ()):
                if name not in found and are_near(name, old):
                    found[name] = old
    return found


def _near_earlier_names(fresh: Sequence[str], by_key: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The fresh names near an earlier one that is none itself, with the first of those."""
    kept: dict[str, int] = {}
    found: dict[str, str] = {}
    for place, name in enumerate(fresh):
        earlier = {other for key in _keys(name) for other in by_key[key] if other in kept}
        near = [other for other in earlier if are_near(name, other)]
        if near:
            found[name] = min(near, key=kept.__getitem__)
        else:
            kept[name] = place
    return found


def are_near(one: str, other: str) -> bool:
    """Whether two different names are likely meant to be one."""
    if one == other or _digits(one) != _digits(other):
        return False
    if _skeletons(one) & _skeletons(other):
        return True
    words, others = _words(one), _words(other)
    if len(words) != len(others):
        return False
    differing = [pair for pair in zip(words, others, strict=True) if pair[0] != pair[1]]
    return len(differing) == 1 and _is_slip(*differing[0])


def nearest_name(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one; None if none is like it."""
    return next(iter(get_close_matches(name, sorted(set(known)), n=1)), None)


def near_duplicate(path: FieldPath, given: str, existing: str) -> NameIssue:
    """The issue of a name that is a near-duplicate of a name in use."""
    detail = f'"{given}" looks like a misspelling of "{existing}". Use "{existing}", or add "{given}" to `keep_names`.'
    return NameIssue(path, NameIssueKind.NEAR_DUPLICATE, given, existing, detail)


def unknown_source(path: FieldPath, given: str, nearest: str | None) -> NameIssue:
    """The issue of an unknown source; `nearest` is the most similar source or alias, if any is similar."""
    advice = f'Did you mean "{nearest}"?' if nearest else "Create a channel for it first."
    detail = f'No channel that your units may use has the source or alias "{given}". {advice}'
    return NameIssue(path, NameIssueKind.UNKNOWN_SOURCE, given, nearest, detail)


def _words(name: str) -> list[str]:
    return re.split(r"[._-]+", name)


def _digits(name: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[0-9]+", name))


def _letters(word: str) -> int:
    return sum(symbol.isalpha() for symbol in word)


def _skeletons(name: str) -> set[str]:
    """The name without separators: as it stands, without the plurals of its words, and without that of the whole.

    The first finds `whats-app` near `whatsapp`, whose `whats` is no plural. Runs of digits stay apart, since `1-2` and
    `12` are two numbers.
    """
    parts = re.findall(r"[a-z]+|[0-9]+", name)
    whole, singular = _joined(parts), _joined(map(_singular, parts))
    return {whole, singular, "|".join(map(_singular, whole.split("|")))}


def _joined(parts: Iterable[str]) -> str:
    return re.sub(r"(?<=[a-z])\|(?=[a-z])", "", "|".join(parts))


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _is_slip(one: str, other: str) -> bool:
    """Whether one letter is added, left out, replaced or swapped with the next (Damerau), in a long enough word."""
    if max(_letters(one), _letters(other)) < MIN_TYPO_LENGTH:
        return False
    shorter, longer = sorted((one, other), key=len)
    start = next((place for place, (a, b) in enumerate(zip(shorter, longer, strict=False)) if a != b), len(shorter))
    if len(longer) - len(shorter) == 1:
        return shorter[start:] == longer[start + 1 :]
    if len(longer) != len(shorter):
        return False
    if shorter[start + 1 :] == longer[start + 1 :]:
        return True
    neighbours = slice(start, start + 2)
    return shorter[neighbours] == longer[neighbours][::-1] and shorter[start + 2 :] == longer[start + 2 :]


def _keys(name: str) -> Iterator[str]:
    """What two near names have in common: a skeleton, or all words with the same one letter of one left out."""
    yield from ("=" + skeleton for skeleton in _skeletons(name))
    words = _words(name)
    for place, word in enumerate(words):
        if _letters(word) < MIN_TYPO_LENGTH - 1:
            continue
        before, after = " ".join(words[:place]), " ".join(words[place + 1 :])
        for shortened in {word, *(word[:cut] + word[cut + 1 :] for cut in range(len(word)))}:
            yield f"{before}<{shortened}>{after}"
