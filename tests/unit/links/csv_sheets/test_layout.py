"""Where the table of a sheet is, whatever a program or a person put around it."""

import pytest

from campaigns.links.csv_sheets.format import read_sheet
from campaigns.links.csv_sheets.layout import MAX_ROWS_ABOVE, find_layout

ROWS = [["campaign", "source", "name", "tags"], ["bintara", "ig", "Story", "a|b"]]
CELLS = {"campaign": "bintara", "source": "ig", "name": "Story", "tags": "a|b"}


def written(separator: str, *, quoted: bool = False, newline: str = "\r\n") -> str:
    texts = [[f'"{cell}"' if quoted or separator in cell else cell for cell in row] for row in ROWS]
    return newline.join(map(separator.join, texts)) + newline


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize(
    "above",
    [
        *("", "sep={}\n", "SEP={}\r\n", '"sep={}"\n', "sep={}{}{}\n", "\n", "\r\n\r\n", "Daftar tautan\n", ";;;\n"),
        'Daftar "tautan", 1; 2\t3\n\nDibuat: 1 Desember\n',
        "Tautan;;;;\n",
    ],
)
def test_is_found(separator: str, newline: str, above: str) -> None:
    (row,) = read_sheet((above.replace("{}", separator) + written(separator, newline=newline)).encode())
    assert (row.number, dict(row.cells)) == (1, CELLS)
    assert read_sheet((above.replace("{}", separator) + written(separator, quoted=True)).encode())[0].cells == CELLS


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_columns_without_a_name_are_passed_over(separator: str) -> None:
    empty = 3 * separator
    sheet = "\n".join(f"{separator}{line}{empty}" for line in written(separator, newline="\n").splitlines())
    (row,) = read_sheet(f"{sheet}\n{empty}\n{20_000 * separator}\n".encode())
    assert dict(row.cells) == CELLS


@pytest.mark.parametrize(
    "header",
    [
        *(
            "Campaign,SOURCE, name ,Tags",
            "\ufeffcampaign,source\u200b,\u00a0name,tags",
            "campaign*,source:,Name *,tags",
        ),
        *("kampanye,sumber,nama,label", "utm_campaign,UTM Source,name,tags", '"campaign","source","name","tag"'),
    ],
)
def test_the_names_of_columns_are_read_as_people_write_them(header: str) -> None:
    (row,) = read_sheet(f'{header}\nbintara,ig,Story,"a|b"\n'.encode())
    assert dict(row.cells) == CELLS


def test_a_wrong_hint_does_not_hide_the_table() -> None:
    assert read_sheet(f"sep=;\n{written(',')}".encode())[0].cells == CELLS


def test_the_header_is_looked_for_at_the_beginning_only() -> None:
    layout = find_layout("x\n" * MAX_ROWS_ABOVE + written(","))
    assert layout.lines_above == 0
    assert find_layout("").lines_above == 0
    assert find_layout("\n\n\n").separator == ","
    assert find_layout("x" * 200_000 + ",y\n").lines_above == 0
