"""The spelling of UTM names and of slugs: which characters a name may have, and its one folded form. Pure."""

import re

from campaigns.kit.errors import FieldPath, invalid_field

SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
SLUG_LENGTH = 60
UTM_NAME_PATTERN = r"^[a-z0-9][a-z0-9._-]*$"
UTM_NAME_LENGTH = 50


def fold_utm_name(text: str, *, path: FieldPath) -> str:
    """A source, medium or alias in its one spelling: trimmed, lower case; raises Invalid for other characters."""
    name = text.strip().lower()
    if not is_utm_name(name):
        raise invalid_field(
            path,
            f"Use at most {UTM_NAME_LENGTH} letters, digits, dots, hyphens and underscores, and start with a letter or "
            "digit.",
            "not-a-utm-name",
        )
    return name


def is_utm_name(text: str) -> bool:
    """Whether the text can be a source, medium, term or content as it stands."""
    return len(text) <= UTM_NAME_LENGTH and re.fullmatch(UTM_NAME_PATTERN, text) is not None
