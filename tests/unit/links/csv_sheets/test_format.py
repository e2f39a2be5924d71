"""Sheets of links: files of spreadsheet programs are read, errors name row and column, and exports contain no formula
and are read back unchanged.
"""

import csv
import io
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from campaigns.kit.errors import FieldError, FieldPath, Invalid
from campaigns.kit.ids import new_id
from campaigns.links.csv_sheets.columns import EXPORT_COLUMNS, IMPORT_COLUMNS, REQUIRED_COLUMNS
from campaigns.links.csv_sheets.format import (
    SheetRow,
    differing_columns,
    header_text,
    read_fields,
    read_sheet,
    rows_text,
)
from campaigns.links.models import Link

JAKARTA = ZoneInfo("Asia/Jakarta")
LEAST = "campaign,source,name\r\n"


def cells(text: str) -> list[dict[str, str]]:
    return [dict(row.cells) for row in read_sheet(text.encode())]


def refusals(data: bytes | str) -> list[tuple[FieldPath, str]]:
    with pytest.raises(Invalid) as refused:
        read_sheet(data if isinstance(data, bytes) else data.encode())
    return [(field.path, field.code) for field in refused.value.fields]


class TestReading:
    @pytest.mark.parametrize(
        "text",
        [
            "campaign,source,name\nc,ig,Story\n",
            "campaign,source,name\r\nc,ig,Story\r\n",
            "campaign,source,name\nc,ig,Story",
            "\ufeffcampaign,source,name\nc,ig,Story\n",
            "campaign;source;name\r\nc;ig;Story\r\n",
            "name;campaign;source\r\nStory;c;ig\r\n",
            " Campaign , SOURCE ,Name\nc , ig, Story \n",
            '"campaign","source","name"\n"c","ig","Story"\n',
            "campaign,source,name,medium\nc,ig,Story,\n",
            "campaign,source,name,medium\nc,ig,Story\n",
            "campaign,source,name\nc,ig,Story,,\n",
            "campaign,source,name,id,short_url,target_url\nc,ig,Story,1,2,3\n",
        ],
    )
    def test_takes_the_dialects_of_spreadsheet_programs(self, text: str) -> None:
        assert cells(text) == [{"campaign": "c", "source": "ig", "name": "Story"}]

    def test_counts_rows_as_the_spreadsheet_does(self) -> None:
        rows = read_sheet(f"{LEAST}c,ig,One\r\n\r\n,,\r\nc,ig,Two\r\n".encode())
        assert [(row.number, row.cells["name"]) for row in rows] == [(1, "One"), (4, "Two")]

    def test_keeps_separators_in_quoted_cells(self) -> None:
        assert cells(f'{LEAST}c,ig,"One, ""two""; three"\n')[0]["name"] == 'One, "two"; three'

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", [(("header",), "missing")] * 3),
            ("campaign,source\nc,ig\n", [(("header",), "missing")]),
            ("campaign,source,name,sauce\nc,ig,Story,x\n", [(("header", 3), "unknown-column")]),
            ("campaign,source,name,\nc,ig,Story,x\n", [(("rows", 1), "too-many-cells")]),
            ("c,ig,One\ncampaign,source,name\nc,ig,Two\n", [(("header",), "row-above-header")]),
            ("campaign,source,name,Name\nc,ig,Story,x\n", [(("header", 3), "repeated")]),
            (LEAST, [(("rows",), "empty")]),
            (f"{LEAST},,\n\n", [(("rows",), "empty")]),
            (f"{LEAST}c,,Story\n", [(("rows", 1, "source"), "missing")]),
            (f"{LEAST}c,ig,One\n,ig,\n", [(("rows", 2, "campaign"), "missing"), (("rows", 2, "name"), "missing")]),
            (f"{LEAST}c,ig,Story,more\n", [(("rows", 1), "too-many-cells")]),
            (f"{LEAST}c,ig,a\x00b\n", [(("rows", 1, "name"), "unsafe-characters")]),
            (f'{LEAST}c,ig,"a\nb"\n', [(("rows", 1, "name"), "unsafe-characters")]),
            (f'{LEAST}c,ig,"Story\n', [(("rows", 1), "not-csv")]),
            (f'{LEAST}c,ig,"Story"x\n', [(("rows", 1), "not-csv")]),
            (f"{LEAST}c,ig,{'x' * 200_000}\n", [(("rows", 1), "not-csv")]),
            (f'{LEAST}c,ig,One\n\nc,ig,"Three"x\nc,ig,Four\n', [(("rows", 3), "not-csv")]),
            (
                f'{LEAST}c,ig,"two\nlines"\nc,ig,"a"b\n',
                [(("rows", 1, "name"), "unsafe-characters"), (("rows", 2), "not-csv")],
            ),
            ('campaign,"source"x,name\nc,ig,Story\n', [(("header",), "not-csv")]),
            ("," * 200 + LEAST, [(("header",), "too-many-columns")]),
            (b"campaign,source,name\nc,ig,caf\x81\n", [((), "not-utf8")]),
        ],
    )
    def test_says_what_is_wrong(self, text: bytes | str, expected: list[tuple[FieldPath, str]]) -> None:
        assert refusals(text) == expected

    def test_does_not_go_on_for_ever(self) -> None:
        told = refusals(LEAST + "c\n" * 30_000)
        assert told[-1] == (("rows",), "too-many-faults")
        assert len(told) < 1100

    def test_knows_which_link_a_row_is(self) -> None:
        (row,) = read_sheet(b"campaign,source,name,id,slug\nc,ig,Story, abc ,\n")
        assert (row.link_id, set(row.columns)) == ("abc", {"campaign", "source", "name", "id", "slug"})
        assert dict(row.cells) == {"campaign": "c", "source": "ig", "name": "Story"}

    def test_names_the_columns_there_are(self) -> None:
        with pytest.raises(Invalid) as refused:
            read_sheet(b"campaign,source,name,sauce\nc,ig,Story,x\n")
        assert refused.value.fields[0].detail.startswith(
            "Unknown column sauce. Allowed columns: campaign, source, name,"
        )


class TestFields:
    def fields(self, **given: str) -> dict[str, Any]:
        faults: list[FieldError] = []
        fields = read_fields(SheetRow(7, {"name": "Story", **given}), timezone=JAKARTA, errors=faults)
        assert not faults
        return fields

    def test_what_is_empty_is_the_default(self) -> None:
        fields = self.fields()
        assert fields.pop("state") == "active"
        assert (fields.pop("tags"), fields.pop("pass_query"), fields.pop("name")) == ([], False, "Story")
        assert set(fields.values()) == {None}

    @pytest.mark.parametrize(
        ("text", "moment"),
        [
            ("2026-12-01 08:00", datetime(2026, 12, 1, 1, tzinfo=UTC)),
            ("2026-12-01T08:00:30+07:00", datetime(2026, 12, 1, 1, 0, 30, tzinfo=UTC)),
            ("2026-12-01T08:00:00Z", datetime(2026, 12, 1, 8, tzinfo=UTC)),
            ("2026-12-01", datetime(2026, 11, 30, 17, tzinfo=UTC)),
        ],
    )
    def test_times_without_an_offset_are_local(self, text: str, moment: datetime) -> None:
        assert self.fields(starts_at=text)["starts_at"] == moment

    @pytest.mark.parametrize(
        ("text", "flag"),
        [("yes", True), ("YA", True), ("1", True), ("no", False), ("tidak", False), ("False", False), ("BENAR", True)],
    )
    def test_flags(self, text: str, flag: bool) -> None:
        assert self.fields(pass_query=text)["pass_query"] is flag

    def test_states_can_be_written_in_indonesian(self) -> None:
        assert [self.fields(state=word)["state"] for word in ("Aktif", "draf", "Paused")] == [
            "active",
            "draft",
            "paused",
        ]

    def test_tags_are_one_cell(self) -> None:
        assert self.fields(tags="week 1|bandung, | ;x")["tags"] == ["week 1", "bandung", "x"]

    @pytest.mark.parametrize(
        ("column", "text", "code"),
        [
            ("state", "on", "unknown-state"),
            ("pass_query", "perhaps", "not-yes-or-no"),
            ("starts_at", "tomorrow", "not-a-time"),
            ("ends_at", "01/12/2026", "ambiguous-time"),
        ],
    )
    def test_points_at_the_cell(self, column: str, text: str, code: str) -> None:
        faults: list[FieldError] = []
        row = SheetRow(7, {"name": "Story", column: text})
        read_fields(row, timezone=JAKARTA, errors=faults)
        assert [(fault.path, fault.code) for fault in faults] == [(("rows", 7, column), code)]


def link(**changed: Any) -> Link:
    fields: dict[str, Any] = {
        "campaign_id": new_id(),
        "channel_id": new_id(),
        "name": "Story",
        "slug": "story-1",
        "destination": "https://daftar.example/",
        "utm_source": "instagram",
        "utm_medium": "social",
        "utm_campaign": "bintara",
        "state": "active",
        "created_at": datetime(2026, 11, 1, tzinfo=UTC),
        **changed,
    }
    return Link(**fields)


def written(*links: Link) -> str:
    return header_text() + rows_text(links, short_link_base="https://jaring.example/", timezone=JAKARTA)


class TestWriting:
    def test_exports_every_column(self) -> None:
        starts = datetime(2026, 12, 1, 1, tzinfo=UTC)
        text = written(link(utm_content="story-1", tags=["a", "week-1"], starts_at=starts, pass_query=True))
        assert text.startswith("\ufeffid,short_url,target_url,campaign,")
        assert text.count("\r\n") == text.count("\n") == 2
        (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
        assert tuple(row) == EXPORT_COLUMNS
        assert set(REQUIRED_COLUMNS) < set(IMPORT_COLUMNS) < set(EXPORT_COLUMNS)
        assert row["short_url"] == "https://jaring.example/story-1"
        assert row["target_url"] == (
            "https://daftar.example/?utm_source=instagram&utm_medium=social&utm_campaign=bintara&utm_content=story-1"
        )
        assert (row["tags"], row["pass_query"]) == ("a|week-1", "yes")
        assert (row["starts_at"], row["ends_at"]) == ("2026-12-01T08:00:00+07:00", "")

    @pytest.mark.parametrize("beginning", ["=", "+", "-", "@", "\t", "\r", "\uff1d", "'=", "''+"])
    def test_no_cell_is_a_formula(self, beginning: str) -> None:
        text = written(link(name=f"{beginning}1+1", preview_title=f"{beginning}HYPERLINK()"))
        (row,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
        assert (row["name"], row["preview_title"]) == (f"'{beginning}1+1", f"'{beginning}HYPERLINK()")

    @pytest.mark.parametrize(
        "name",
        ["Story", "=1+1", "-5", "+62 812", "@home", "'=x", "''=x", "'quoted'", 'a "b", c; d', "caf\u00e9 \u65e5"],
    )
    def test_is_read_back_unchanged(self, name: str) -> None:
        ends = datetime(2027, 1, 1, tzinfo=UTC)
        sent = link(name=name, utm_term="pagi", tags=["b", "c"], ends_at=ends, ended_destination="https://a.example/")
        (row,) = read_sheet(written(sent).encode())
        faults: list[FieldError] = []
        fields = read_fields(row, timezone=JAKARTA, errors=faults)
        assert not faults
        assert {name: getattr(sent, name) for name in fields} == fields
        assert row.link_id == str(sent.id)
        assert differing_columns(row, sent, timezone=JAKARTA) == []
        assert (row.cells["campaign"], row.cells["source"], row.cells["medium"]) == ("bintara", "instagram", "social")


class TestComparing:
    """A row of an export, possibly edited, is compared with its link."""

    @pytest.mark.parametrize(
        ("changed", "differing"),
        [
            ({}, []),
            ({"source": "Instagram", "campaign": "BINTARA", "slug": "Story-1"}, []),
            ({"starts_at": "2026-12-01 08:00", "tags": " B|a ", "pass_query": "ya", "state": "Paused"}, []),
            ({"content": "story-2"}, ["content"]),
            ({"name": "Other", "medium": "print"}, ["name", "medium"]),
            ({"slug": "", "content": ""}, ["slug", "content"]),
            ({"state": "active", "tags": "a", "starts_at": "soon"}, ["tags", "state", "starts_at"]),
        ],
    )
    def test_reports_the_columns_that_differ(self, changed: dict[str, str], differing: list[str]) -> None:
        starts = datetime(2026, 12, 1, 1, tzinfo=UTC)
        sent = link(utm_content="story-1", tags=["a", "b"], state="paused", pass_query=True, starts_at=starts)
        (cells,) = csv.DictReader(io.StringIO(written(sent).removeprefix("\ufeff"), newline=""))
        sheet = io.StringIO(newline="")
        writer = csv.DictWriter(sheet, list(cells))
        writer.writeheader()
        writer.writerow({**cells, **changed})
        (row,) = read_sheet(sheet.getvalue().encode())
        assert differing_columns(row, sent, timezone=JAKARTA) == differing

    def test_a_column_that_is_not_there_says_nothing(self) -> None:
        row = SheetRow(
            1, {"campaign": "bintara", "source": "instagram", "name": "Story"}, ("campaign", "source", "name")
        )
        assert differing_columns(row, link(state="retired", utm_content="x"), timezone=JAKARTA) == []
