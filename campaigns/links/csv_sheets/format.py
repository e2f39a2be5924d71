"""Links as a CSV sheet: what spreadsheet programs write is read, and what they would run as a formula is not written.

Rows count from 1, the first below the header, empty ones included; so a row's number is the spreadsheet's less one, if
the header is its first row.
"""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.kit.errors import FieldError, FieldPath, collect_errors, invalid_field, raise_if_any
from campaigns.links.csv_sheets.columns import (
    EXPORT_COLUMNS,
    EXPORT_ONLY_COLUMNS,
    FIELD_OF,
    IMPORT_COLUMNS,
    REQUIRED_COLUMNS,
    column_name,
)
from campaigns.links.csv_sheets.encodings import decode_sheet
from campaigns.links.csv_sheets.formulas import mark_formulas, unmark_formulas
from campaigns.links.csv_sheets.layout import Layout, find_layout
from campaigns.links.csv_sheets.times import read_time
from campaigns.links.models import Link
from campaigns.links.target_url import compose_url
from campaigns.links.types import LinkState

# A sheet with more columns is refused; reading stops after more errors than this.
MAX_COLUMNS, MAX_ERRORS = 100, 1000

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_YES, _NO = ("yes", "true", "1", "ya", "benar"), ("", "no", "false", "0", "tidak", "salah")
_STATES = {"": LinkState.ACTIVE, "aktif": LinkState.ACTIVE, "draf": LinkState.DRAFT}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """The cells of one row by column, without those that are empty.

    `columns` are those that the sheet has, `link_id` is the text of the `id` cell that an export wrote.
    """

    number: int
    cells: Mapping[str, str]
    columns: Collection[str] = ()
    link_id: str = ""

    def path(self, column: str) -> FieldPath:
        return ("rows", self.number, column)


def read_sheet(data: bytes) -> list[SheetRow]:
    """The rows of a CSV file as `encodings` and `layout` can read it; raises Invalid with all that is wrong."""
    text = decode_sheet(data)
    layout = find_layout(text)
    lines = io.StringIO(text, newline="")
    for _ in range(layout.lines_above):
        next(lines)
    reader = csv.reader(lines, delimiter=layout.separator, strict=True)
    errors: list[FieldError] = []
    columns: list[str] = []
    rows: list[SheetRow] = []
    number = 0
    try:
        columns = _read_header(next(reader, []), layout, errors)
        for number, cells in enumerate(reader, start=1):
            if any(cell.strip() for cell in cells):
                rows.append(_read_cells(number, columns, cells, errors))
            if len(errors) > MAX_ERRORS:
                errors.append(FieldError(("rows",), "The rows after these were not checked.", "too-many-faults"))
                break
    except csv.Error as error:
        # The reader counts lines, of which a row can have several and an empty one none that it gives out.
        at: FieldPath = ("rows", number + 1) if columns else ("header",)
        errors.append(FieldError(at, f"This is not valid CSV: {error}.", "not-csv"))
    raise_if_any(errors)
    if not rows:
        raise invalid_field(("rows",), "The sheet has no rows below the header.", "empty")
    return rows


def read_fields(row: SheetRow, *, timezone: ZoneInfo, errors: list[FieldError]) -> dict[str, Any]:
    """The row as fields of `LinkSpec` (all but its channel); what cannot be read is added to `errors`.

    Times without an offset are of `timezone`.
    """
    cells = row.cells
    given: dict[str, Any] = {
        "name": cells.get("name", ""),
        "utm_term": cells.get("term"),
        "utm_content": cells.get("content"),
        "tags": [tag for tag in re.split("[|,;]", cells.get("tags", "")) if tag.strip()],
        **{name: cells.get(name) for name in ("slug", "destination", "ended_destination")},
        **{name: cells.get(name) for name in ("preview_title", "preview_description", "preview_image")},
    }
    with collect_errors(errors):
        given["state"] = _read_state(cells.get("state", ""), row.path("state"))
    with collect_errors(errors):
        given["pass_query"] = _read_flag(cells.get("pass_query", ""), row.path("pass_query"))
    for name in ("starts_at", "ends_at"):
        with collect_errors(errors):
            text = cells.get(name)
            given[name] = None if text is None else read_time(text, zone=timezone, path=row.path(name))
    return given


def differing_columns(row: SheetRow, link: Link, *, timezone: ZoneInfo) -> list[str]:
    """The columns in which a row of an export differs from the link whose id it has."""
    fields = read_fields(row, timezone=timezone, errors=[])
    words = ("campaign", "source", "medium", "slug", "term", "content")
    fields |= {FIELD_OF.get(name, name): row.cells.get(name, "").lower() or None for name in words}
    fields["tags"] = sorted(tag.strip().lower() for tag in fields["tags"])
    missing = object()
    columns = ((name, FIELD_OF.get(name, name)) for name in IMPORT_COLUMNS if name in row.columns)
    return [name for name, field in columns if fields.get(field, missing) != getattr(link, field)]


def header_text() -> str:
    """The first line of an export, with the mark by which spreadsheet programs recognise UTF-8."""
    return "\ufeff" + _line(EXPORT_COLUMNS)


def rows_text(links: Iterable[Link], *, short_link_base: str, timezone: ZoneInfo) -> str:
    """Links as lines of an export."""
    return "".join(_line(_escaped(_cells(link, short_link_base, timezone))) for link in links)


def _cells(link: Link, short_link_base: str, timezone: ZoneInfo) -> list[str]:
    cells = {
        "id": str(link.id),
        "short_url": short_link_base + link.slug,
        "target_url": compose_url(link.destination, link.utm),
        "campaign": link.utm_campaign,
        "source": link.utm_source,
        "medium": link.utm_medium,
        "term": link.utm_term,
        "content": link.utm_content,
        "tags": "|".join(link.tags),
        "pass_query": "yes" if link.pass_query else "no",
        "starts_at": _written_time(link.starts_at, timezone),
        "ends_at": _written_time(link.ends_at, timezone),
    }
    return [cells[name] or "" if name in cells else getattr(link, name) or "" for name in EXPORT_COLUMNS]


def _line(cells: Sequence[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()


def _escaped(cells: Iterable[str]) -> list[str]:
    return [mark_formulas(cell) for cell in cells]


def _read_header(cells: Sequence[str], layout: Layout, errors: list[FieldError]) -> list[str]:
    """The columns in their order, "" for one without a name, which spreadsheet programs leave where there was one."""
    width = max((place for place, cell in enumerate(cells, start=1) if cell.strip()), default=0)
    if width > MAX_COLUMNS:
        raise invalid_field(("header",), f"The sheet has more than {MAX_COLUMNS} columns.", "too-many-columns")
    columns = [column_name(cell) for cell in cells[:width]]
    for place, column in enumerate(columns):
        if not column:
            continue
        if column not in EXPORT_COLUMNS:
            detail = f"Unknown column {column}. Allowed columns: {', '.join(IMPORT_COLUMNS)}."
            errors.append(FieldError(("header", place), detail, "unknown-column"))
        elif column in columns[:place]:
            errors.append(FieldError(("header", place), f"The column {column} occurs twice.", "repeated"))
    for column in REQUIRED_COLUMNS:
        if column not in columns:
            errors.append(FieldError(("header",), f"The column {column} is required.", "missing"))
    if any(_is_link(above, columns) for above in layout.rows_above):
        detail = "A row above the header would not be read. Move the header above all rows."
        errors.append(FieldError(("header",), detail, "row-above-header"))
    return columns


def _is_link(cells: Sequence[str], columns: Sequence[str]) -> bool:
    """Whether a row above the header is no title, but has all that the row of a link must have."""
    filled = {column for column, cell in zip(columns, cells, strict=False) if cell.strip()}
    return filled.issuperset(REQUIRED_COLUMNS)


def _read_cells(number: int, columns: Sequence[str], cells: Sequence[str], errors: list[FieldError]) -> SheetRow:
    texts = dict(_texts(columns, cells))
    read = {column: text for column, text in texts.items() if column not in EXPORT_ONLY_COLUMNS}
    row = SheetRow(number, read, columns, texts.get("id", ""))
    if any(cell.strip() for cell, column in zip_longest(cells, columns, fillvalue="") if not column):
        detail = "This row has a cell without a column name above it."
        errors.append(FieldError(("rows", number), detail, "too-many-cells"))
    for column in REQUIRED_COLUMNS:
        if column in columns and column not in row.cells:
            errors.append(FieldError(row.path(column), "This cell must not be empty.", "missing"))
    for column, text in row.cells.items():
        if _UNPRINTABLE.search(text):
            errors.append(
                FieldError(row.path(column), "A cell must not contain control characters.", "unsafe-characters")
            )
    return row


def _texts(columns: Sequence[str], cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The cells that are not empty, with their columns; the mark before a formula is taken off."""
    for column, cell in zip(columns, cells, strict=False):
        text = unmark_formulas(cell.strip())
        if text and column:
            yield column, text


def _read_state(text: str, path: FieldPath) -> LinkState:
    # `operations.insert` checks whether a link may begin in this state.
    try:
        return _STATES.get(text.lower()) or LinkState(text.lower())
    except ValueError:
        raise invalid_field(path, "A new link must have the state draft or active.", "unknown-state") from None


def _read_flag(text: str, path: FieldPath) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise invalid_field(path, "Write yes or no.", "not-yes-or-no")


def _written_time(moment: datetime | None, timezone: ZoneInfo) -> str | None:
    return None if moment is None else moment.astimezone(timezone).isoformat()
