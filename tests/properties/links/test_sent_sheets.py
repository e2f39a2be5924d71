"""Malformed sheets: errors by row and column, or links; never a crash, and never a part of the rows."""

import re
from uuid import uuid4

import httpx
from hypothesis import example, given
from hypothesis import strategies as st
from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.kit.errors import FieldError, collect_errors
from campaigns.links.csv_sheets.columns import EXPORT_ONLY_COLUMNS, IMPORT_COLUMNS, REQUIRED_COLUMNS
from campaigns.links.csv_sheets.format import SheetRow, read_sheet
from campaigns.links.models import Link
from tests.factories.world import World
from tests.properties import hostile
from tests.properties.bounds import bounded
from tests.properties.refusals import check_answer

HEADERS = [
    *(",".join(REQUIRED_COLUMNS), ";".join(IMPORT_COLUMNS), ",".join([*EXPORT_ONLY_COLUMNS, *IMPORT_COLUMNS])),
    *("\ufeffName, CAMPAIGN;source", "", "\t", "name\0"),
]
CELLS = [
    *("bintara-jabar", "ig", "Instagram", "Story", "social", "https://daftar.example/", "yes", "draft", ""),
    *("2026-12-01", "2026-12-01T00:00:00+00:00:00.5", "0001-01-01", "9999-12-31T23:59:59-23:59", "\u0662026-01-01"),
    *("=1+1", "'=x", '"', '""', '"a\nb"', '"a"b', "a|b|c", "\x00", "\x85", "\ufeff", "\u2028", "x" * 300, "\r"),
]
cells = st.sampled_from(CELLS) | hostile.odd_texts.filter(lambda text: not set(text) & set('",'))
RIGHT = {"campaign": "bintara-jabar", "source": "ig", "name": "Story"}

rows = st.builds(
    lambda separator, given: separator.join(given), st.sampled_from(",,;"), st.lists(cells, min_size=1, max_size=17)
)
# Rows that are right but for a cell or two.
likely = st.dictionaries(st.sampled_from(IMPORT_COLUMNS), cells, max_size=2).map(
    lambda changed: ",".join((RIGHT | changed).get(column, "") for column in IMPORT_COLUMNS)
)
sheets = st.builds(
    lambda header, lines, end: end.join([header, *lines]).encode("utf-8", "surrogatepass"),
    st.just(",".join(IMPORT_COLUMNS)) | st.sampled_from(HEADERS),
    st.lists(likely, min_size=1, max_size=3) | st.lists(likely | rows, min_size=1, max_size=4),
    st.sampled_from(["\r\n", "\n", "\r"]),
)
broken = st.builds(
    lambda sheet, place, piece: sheet[:place] + piece + sheet[place:], sheets, st.integers(0, 300), hostile.values
)


queries = st.sampled_from(["", "?dry_run=true", "?keep_names=%00"])


@given(sheet=sheets | broken | st.binary(max_size=60), query=queries)
@example(f"{','.join(REQUIRED_COLUMNS)},slug\nbintara-jabar,ig,One,same\nbintara-jabar,ig,Two,same\n".encode(), "")
@example(f"{','.join(REQUIRED_COLUMNS)}\n\0,ig,One\n".encode(), "")
@example(f"{','.join(REQUIRED_COLUMNS)},starts_at\nbintara-jabar,ig,One,0001-01-01T00:00+23:59\n".encode(), "")
@bounded(36)
async def test_all_rows_or_none(
    client: httpx.AsyncClient, world: World, session: AsyncSession, sheet: bytes, query: str
) -> None:
    headers = world.as_role(Role.MARKETER) | {"Content-Type": "text/csv", "Idempotency-Key": uuid4().hex}
    before = await number_of_links(session)
    answer = await client.post(f"/v1/links/import{query}", content=sheet, headers=headers)
    check_answer(answer)
    made = len(read_sheet(sheet)) if answer.status_code == 201 else 0
    assert await number_of_links(session) - before == made
    if answer.status_code in (200, 201):
        assert len(answer.json()["links"]) == len(read_sheet(sheet))


@given(sheet=sheets | broken | st.binary(max_size=60))
@bounded(150)
def test_a_sheet_is_rows_or_faults_at_their_places(sheet: bytes) -> None:
    faults: list[FieldError] = []
    read: list[SheetRow] = []
    with collect_errors(faults):
        read = read_sheet(sheet)
    assert bool(read) != bool(faults)
    for fault in faults:
        assert fault.path == () or fault.path[0] in ("header", "rows")
    assert [row.number for row in read] == sorted({row.number for row in read})
    for row in read:
        assert set(REQUIRED_COLUMNS) <= row.cells.keys() <= set(IMPORT_COLUMNS)
        assert all(text == text.strip() != "" for text in row.cells.values())
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", "".join(row.cells.values()))


async def number_of_links(session: AsyncSession) -> int:
    return (await session.exec(select(func.count()).select_from(Link))).one()
