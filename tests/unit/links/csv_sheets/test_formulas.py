"""No cell of an export is a formula, whatever a program takes for the separator, and the marks come off again."""

import csv
import io

import pytest

from campaigns.links.csv_sheets.formulas import mark_formulas, unmark_formulas

FIRST = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\ufe62", "\ufe63", "\ufe6b", "\u2212")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "\n", "\r", "\u2028"])
def test_what_begins_a_cell_is_marked(separator: str) -> None:
    beginnings = [before + sign for before in ("", " ", "\u00a0", '"', ' "', "'", "''", "\"' ") for sign in FIRST]
    for text in (f"{text}{beginning}1" for beginning in beginnings for text in ("", f"a{separator}")):
        marked = mark_formulas(text)
        assert unmark_formulas(marked) == text
        for part in marked.replace(separator, "\n").split("\n"):
            assert part.lstrip(' "\u00a0')[:1] not in FIRST


@pytest.mark.parametrize(
    "text", ["Story", "a+b", "a - b", "1;2", "it's", "'quoted'", "a, b", "https://a.example/?x=-1"]
)
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert mark_formulas(text) == unmark_formulas(text) == text


def test_a_line_of_an_export_has_no_formula_for_any_separator() -> None:
    line = io.StringIO(newline="")
    csv.writer(line).writerow([mark_formulas(text) for text in ("a;=cmd|' /C calc'!A0;b", 'x;"=1"', '"=2', "\t=3")])
    for separator in ",;\t|":
        for cells in csv.reader(io.StringIO(line.getvalue(), newline=""), delimiter=separator):
            assert not [cell for cell in cells if cell.strip(' "')[:1] in FIRST]
