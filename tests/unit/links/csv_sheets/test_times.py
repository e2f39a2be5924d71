"""Times in cells, as people in Indonesia and the programs on their computers write them."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from campaigns.kit.errors import Invalid
from campaigns.links.csv_sheets.times import MAX_LENGTH, read_time

JAKARTA = ZoneInfo("Asia/Jakarta")


def read(text: str) -> datetime:
    return read_time(text, zone=JAKARTA, path=("rows", 7, "starts_at"))


@pytest.mark.parametrize(
    "text",
    [
        *("2026-12-01T08:00", "2026-12-01 08:00", "2026-12-01 8:00", "2026/12/01 08.00", "2026.12.1 8.00"),
        *("2026\u201312\u201301 08:00", "2026-12-01\u00a008:00", "\uff12\uff10\uff12\uff16-12-01 08:00"),
        *("1 Desember 2026 08.00", "1 Des 2026 pukul 08.00 WIB", "01-Des-26 08.00", "1-Dec-2026 8:00 AM"),
        *("Selasa, 1 Desember 2026, 08:00", "Tuesday, December 1, 2026 8:00 a.m.", "2026 Dec 1 08:00:00"),
        *("46357,3333", "46357.3333", "46357.33333333", "2026-12-01T08:00:00+07:00", "2026-12-01 01:00 UTC"),
        *("2026-12-01 10.00 WIT", "2026-12-01 09:00 (WITA)", "2026-12-01 08:00 GMT+7", "2026-12-01 05:30 +0430"),
    ],
)
def test_the_first_of_december_at_eight_is_read(text: str) -> None:
    assert read(text) == datetime(2026, 12, 1, 8, tzinfo=JAKARTA)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(("31/12/2026", (2026, 12, 31)), ("12/31/2026", (2026, 12, 31)), ("31.12.2026", (2026, 12, 31))),
        *(("5-5-2026", (2026, 5, 5)), ("31/12/2026 24.00", (2027, 1, 1)), ("46357", (2026, 12, 1))),
        *(("1 Agt 2026", (2026, 8, 1)), ("1 Mei 2026", (2026, 5, 1)), ("Jumat 13 Pebruari 2026", (2026, 2, 13))),
        *(("20261201", (2026, 12, 1)), ("1 Nop 2026", (2026, 11, 1)), ("Oct 3rd, 2026", (2026, 10, 3))),
        ("46357,99999999", (2026, 12, 2)),
    ],
)
def test_a_day_that_is_no_other_is_read(text: str, day: tuple[int, int, int]) -> None:
    assert read(text) == datetime(*day, tzinfo=JAKARTA)


def test_a_number_with_enough_decimals_says_seconds() -> None:
    assert read("46357,99998843") == datetime(2026, 12, 1, 23, 59, 59, tzinfo=JAKARTA)
    assert read("46357,9999") == datetime(2026, 12, 2, tzinfo=JAKARTA)


@pytest.mark.parametrize(
    "text",
    ["01/12/2026 08.00", "01/12/2026", "1-2-2026 08:00", "12.11.2026", "25/12/26", "1 2 2026", "Senin 1/12/2026"],
)
def test_day_and_month_are_not_guessed(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(text)
    (field,) = refused.value.fields
    assert (field.path, field.code) == (("rows", 7, "starts_at"), "ambiguous-time")
    assert "2026-12-01T08:00, with the T" in field.detail


@pytest.mark.parametrize(
    "text",
    [
        *("tomorrow", "08:00", "Des 2026", "2026-12", "1 Foo 2026", "31/02/2026", "13/13/2026", "2026-12-01 25:00"),
        *("2026-12-01 08:00 CET", "2026-12-01 13:00 PM", "2026-12-01 08:00 x", "2026-12-0108:00", "1999-12-31"),
        *("2101-01-01", "1 Jan 1999", "12345", "99999", "0", "-1", "1e9", "\u00bd", "1 1 1", "32 Mei 2026"),
        "2026-12-01" + " " * MAX_LENGTH + "08:00",
    ],
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(text)
    assert [field.code for field in refused.value.fields] == ["not-a-time"]
