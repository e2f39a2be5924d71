"""What is wrong with a name of the UTM vocabulary, and how it is spelt right; pure, for all who make sources or links.

Case, spaces and underscores are mended and told. A near-double of a name in use is refused, since figures would split
between the two for ever; whoever means it says so (`keep_names`). Names that differ in their digits are two names.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from campaigns.kit.errors import FieldError, FieldPath
from campaigns.naming.utm import is_utm_name

# Words at least this long that differ by one slip are taken for one word; of shorter ones most differ on purpose.
MIN_TYPO_LENGTH = 5


class NameIssueKind(StrEnum):
    MIXED_CASE = "mixed_case"
    SPACES = "spaces"
    UNDERSCORE = "underscore"
    NEAR_DOUBLE = "near_double"
    UNKNOWN_SOURCE = "unknown_source"


@dataclass(frozen=True, slots=True)
class NameIssue:
    """One fault of one name; `path` leads to the name in what was given, `suggestion` the spelling to use, if known."""

    path: FieldPath
    kind: NameIssueKind
    given: str
    suggestion: str | None
    detail: str

    def as_error(self) -> FieldError:
        """The fault as one field of a refusal."""
        return FieldError(self.path, self.detail, self.kind.value.replace("_", "-"))


# kind -> whether a name (trimmed) has the fault, and the sentence about it
_MECHANICAL: dict[NameIssueKind, tuple[Callable[[str], object], str]] = {
    NameIssueKind.MIXED_CASE: (lambda text: text != text.lower(), "Names are in lower case"),
    NameIssueKind.SPACES: (re.compile(r"\s").search, "Names have hyphens instead of spaces"),
    NameIssueKind.UNDERSCORE: (re.compile("_").search, "Names have hyphens instead of underscores"),
}


def normalize_name(text: str, *, path: FieldPath, known: Collection[str] = ()) -> tuple[str, list[NameIssue]]:
    """The name in lower case with single hyphens for spaces and underscores, and a fault for each that was mended.

    A name in use keeps its underscores, so that older names can be used again.
    """
    given = text.strip()
    mended = given.lower()
    if mended not in known and re.search(r"[\s_]", given):
        mended = re.sub(r"[\s_-]+", _one_hyphen, mended).strip("-")
    if mended == given:
        return mended, []
    faults = [
        NameIssue(path, kind, text, mended, f"{rule}: {mended}.")
        for kind, (has_fault, rule) in _MECHANICAL.items()
        if has_fault(given) and not has_fault(mended)
    ]
    return mended, faults


def find_near_duplicates(names: Collection[str], known: Collection[str], keep_names: Collection[str]) -> dict[str, str]:
    """The near-doubles among the names that are not meant so; `keep_names` are, in any spelling."""
    doubles = near_duplicates(names, known)
    accepted = {normalize_name(name, path=())[0] for name in keep_names} if doubles else set()
    return {name: double for name, double in doubles.items() if name not in accepted}


def near_duplicates(names: Collection[str], known: Collection[str]) -> dict[str, str]:
    """For each of the new names that is a near-double: the name in use, or earlier in `names`, that it resembles.

    All names are mended. A name that is in use already is no double, nor is what cannot be a name at all, which is
    refused for that. The work grows with the number of names, not with its square: both sides are looked up by what
    they are when one letter is left out.
    """
    in_use = set(known)
    fresh = [name for name in dict.fromkeys(names) if name not in in_use and is_utm_name(name)]
    index: dict[str, list[str]] = defaultdict(list)
    for name in fresh:
        for key in _keys(name):
            index[key].append(name)
    digits = {_digits(name) for name in fresh}
    found: dict[str, str] = {}
    for old in sorted(in_use):
        if _digits(old) not in digits:
            continue
        for key in _keys(old):
            for name in index.get(key, ()):
                if name not in found and are_near(name, old):
                    found[name] = old
    order = {name: place for place, name in enumerate(fresh)}
    for name in fresh:
        if name in found:
            continue
        earlier = (
            other
            for key in _keys(name)
            for other in index[key]
            if order[other] < order[name] and other not in found and are_near(name, other)
        )
        double = min(earlier, key=order.__getitem__, default=None)
        if double is not None:
            found[name] = double
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
    detail = f"{given} is nearly {existing}, which is in use; use that, or confirm {given} in keep_names."
    return NameIssue(path, NameIssueKind.NEAR_DOUBLE, given, existing, detail)


def unknown_source(path: FieldPath, given: str, nearest: str | None) -> NameIssue:
    advice = f"did you mean {nearest}?" if nearest else "make a channel of it first."
    detail = f"None of your channels has the source or alias {given}; {advice}"
    return NameIssue(path, NameIssueKind.UNKNOWN_SOURCE, given, nearest, detail)


def _one_hyphen(run: re.Match[str]) -> str:
    """What stands for a run of separators: hyphens alone are no fault of these and stay."""
    return "-" if re.search(r"[\s_]", run[0]) else run[0]


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
