"""The normal form of a UTM name that a person typed: lower case, single hyphens for spaces and underscores. Pure.

A name in use keeps its underscores, so that older names can be used again. Which names are in use is often known only
after a look at the database, so a typed name is parsed once into both of its possible forms.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from campaigns.kit.errors import FieldPath
from campaigns.naming.types import NameIssue, NameIssueKind

# kind -> whether a trimmed name has the fault, and the sentence about it
_CORRECTED: dict[NameIssueKind, tuple[Callable[[str], object], str]] = {
    NameIssueKind.MIXED_CASE: (lambda text: text != text.lower(), "Upper-case letters were changed to lower case"),
    NameIssueKind.SPACES: (re.compile(r"\s").search, "Spaces were replaced by hyphens"),
    NameIssueKind.UNDERSCORE: (re.compile("_").search, "Underscores were replaced by hyphens"),
}


@dataclass(frozen=True, slots=True)
class TypedName:
    """A name as it was typed and its two forms: only in lower case, or with hyphens besides."""

    typed: str
    lower: str
    hyphenated: str

    def form(self, known: Collection[str]) -> str:
        """The form to use, where `known` are the names in use."""
        return self.lower if self.lower in known else self.hyphenated

    def corrections(self, form: str, *, path: FieldPath) -> list[NameIssue]:
        """One issue for each fault that the name as typed has and this form of it has not."""
        trimmed = self.typed.strip()
        if form == trimmed:
            return []
        return [
            NameIssue(path, kind, self.typed, form, f"{rule}: {form}.")
            for kind, (has_fault, rule) in _CORRECTED.items()
            if has_fault(trimmed) and not has_fault(form)
        ]


def parse_typed_name(text: str) -> TypedName:
    """Both forms of a name; they may hold characters that no name can have, which `fold_utm_name` refuses."""
    lower = text.strip().lower()
    hyphenated = re.sub(r"[\s_-]+", _one_hyphen, lower).strip("-") if re.search(r"[\s_]", lower) else lower
    return TypedName(text, lower, hyphenated)


def normalize_name(text: str, *, path: FieldPath, known: Collection[str] = ()) -> tuple[str, list[NameIssue]]:
    """The form to use of one name, and what was corrected in it; `known` are the names in use."""
    name = parse_typed_name(text)
    form = name.form(known)
    return form, name.corrections(form, path=path)


def _one_hyphen(run: re.Match[str]) -> str:
    """What replaces a run of separators: hyphens alone are no fault and stay."""
    return "-" if re.search(r"[\s_]", run[0]) else run[0]
