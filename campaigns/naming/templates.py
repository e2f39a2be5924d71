"""Templates by which names are made that nobody typed: a unit's for term and content, a request's for links' names.

Pure. A unit without a template of its own has that of the nearest unit above with one, as with allow-lists.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from campaigns.kit.errors import FieldPath, invalid_field
from campaigns.naming.utm import UTM_NAME_LENGTH

TEMPLATE_LENGTH = 100
# What stands for what: the link's source, medium, campaign slug, content and name, its unit's code, the local day and
# month it is made, and its number among the campaign's links.
PLACEHOLDERS = ("source", "medium", "campaign", "unit", "content", "name", "date", "month", "number")
# A content cannot be made of itself; a term can be made of the content.
CONTENT_PLACEHOLDERS = tuple(name for name in PLACEHOLDERS if name != "content")
TERM_PLACEHOLDERS = PLACEHOLDERS
LINK_NAME_PLACEHOLDERS = tuple(name for name in PLACEHOLDERS if name != "name")


@dataclass(frozen=True, slots=True)
class Templates:
    """How a unit's links get a term and a content; None: they get none."""

    term: str | None
    content: str | None

    def of(self, field: str) -> str | None:
        """The template of a link's field, `utm_term` or `utm_content`."""
        return {"utm_term": self.term, "utm_content": self.content}[field]


def require_template(text: str, allowed: Collection[str], *, path: FieldPath) -> str:
    """The template, trimmed, if every `{placeholder}` in it is an allowed one; raises Invalid at `path`."""
    template = text.strip()
    if not 1 <= len(template) <= TEMPLATE_LENGTH:
        raise invalid_field(path, f"A template must have 1 to {TEMPLATE_LENGTH} characters.", "wrong-length")
    unknown = sorted(set(re.findall(r"\{([^{}]*)\}", template)) - set(allowed))
    if unknown:
        named = ", ".join(f"{{{name}}}" for name in unknown)
        choice = ", ".join(f"{{{name}}}" for name in allowed)
        raise invalid_field(
            path, f"Unknown placeholder {named}. Allowed placeholders: {choice}.", "unknown-placeholder"
        )
    if re.search(r"[{}]", re.sub(r"\{[a-z]+\}", "", template)):
        raise invalid_field(path, "Use braces only around a placeholder, such as {source}.", "stray-brace")
    return template


def require_utm_template(text: str, allowed: Collection[str], *, path: FieldPath) -> str:
    """The same for a term or content, whose own characters must be those of UTM names."""
    template = require_template(text, allowed, path=path)
    if not re.fullmatch(r"[A-Za-z0-9 ._-]*", re.sub(r"\{[a-z]+\}", "", template)):
        detail = "Outside placeholders use only letters, digits, spaces, dots, hyphens and underscores."
        raise invalid_field(path, detail, "not-a-utm-name")
    return template


def fill_template(template: str, values: Mapping[str, str]) -> str:
    """The template with its placeholders filled; what has no value is left out."""
    return re.sub(r"\{([a-z]+)\}", lambda found: values.get(found[1], ""), template)


def fold_filled(text: str) -> str | None:
    """A filled template as a UTM name: lower case, without accents, hyphens for all else; None if nothing is left."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    dashed = re.sub(r"[^a-z0-9.]+", "-", plain)
    return dashed.strip(".-")[:UTM_NAME_LENGTH].rstrip(".-") or None
