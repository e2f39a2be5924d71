"""What spreadsheet programs would run as a formula is marked with a `'` in an export, and read without it. Pure.

A program takes a cell for a formula by its first character (OWASP, CSV Injection), and which cells there are depends on
the separator that it expects: where that is `;`, as on computers set to Indonesian, the text `a;=1+1` is two cells. So
what would begin a cell for any separator is marked. What looks as if it were marked already is marked once more, so
that what comes back is what went out.
"""

import re

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_SEPARATORS = ",;|\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029"
# Blanks and quotes that a program may take off before it looks at the first character.
_GAP = r"""[^\S\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|["\ufeff]"""
_BEGINNING = rf"(?:^|(?<=[{_SEPARATORS}]))(?:{_GAP})*"
_UNMARKED = re.compile(rf"({_BEGINNING})(?='*[{_SIGNS}]|^'*[\t\r\n])")
_MARKED = re.compile(rf"({_BEGINNING})'(?='*[{_SIGNS}]|(?<=^')'*[\t\r\n])")


def mark_formulas(cell: str) -> str:
    """The cell with a `'` before all that may be a formula."""
    return _UNMARKED.sub(r"\1'", cell)


def unmark_formulas(cell: str) -> str:
    """The cell as it was before `mark_formulas`."""
    return _MARKED.sub(r"\1", cell)
