"""Where the table of a CSV sheet is: what stands between its cells, and which line is its header. Pure.

Spreadsheet programs put a line `sep=;` before a table, people a title. What separates cells follows the country of the
computer. The header is known by the names of its columns.
"""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from campaigns.links.csv_sheets.columns import EXPORT_COLUMNS, column_name

SEPARATORS = ",;\t|"
# As far as the header is looked for.
MAX_ROWS_ABOVE, MAX_READ = 20, 50_000

# What Excel reads as a hint and does not show; it may have been saved again as a cell of a row.
_HINT = re.compile(r'"?sep=([^\w"\s]|\t)"?[,;|\t]*(?:\r\n|\r|\n)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Layout:
    """The separator of cells, how many lines stand before the header, and which rows, if any, are in them."""

    separator: str
    lines_above: int
    rows_above: Sequence[Sequence[str]]


def find_layout(text: str) -> Layout:
    """The layout in which most columns are known; if none is, the first line that is not empty is the header."""
    hint = _HINT.match(text)
    lines_of_hint, body = (1, text[hint.end() :]) if hint else (0, text)
    first_line = body.lstrip("\r\n").partition("\n")[0]
    likely = sorted(SEPARATORS, key=first_line.count, reverse=True)
    separators = dict.fromkeys([hint[1], *likely] if hint else likely)
    layouts = [_find_header(body[:MAX_READ], separator, lines_of_hint) for separator in separators]
    # Of several that are as good the first, which is what the hint or the first line says.
    return max(layouts, key=lambda found: found[0])[1]


def _find_header(text: str, separator: str, lines_above: int) -> tuple[int, Layout]:
    """How many columns are known in the best header, and its layout."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines = 0
    best: tuple[int, Layout] | None = None
    above: list[list[str]] = []
    try:
        for cells in islice(reader, MAX_ROWS_ABOVE):
            if any(cell.strip() for cell in cells):
                known = len({column_name(cell) for cell in cells}.intersection(EXPORT_COLUMNS))
                if best is None or known > best[0]:
                    best = known, Layout(separator, lines_above + lines, tuple(above))
                above.append(cells)
            lines = reader.line_num
    except csv.Error:  # told with its place when the whole table is read
        pass
    return best or (0, Layout(separator, lines_above, ()))
