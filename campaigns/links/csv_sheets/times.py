"""Times as people and spreadsheet programs write them in cells. Pure.

Indonesian and English months, day or year first, the numbers that Excel has for times, and `08.00`. Where day and month
could be each other, nothing is guessed: a campaign would begin in the wrong month.
"""

import re
from datetime import datetime, timedelta, timezone, tzinfo

from campaigns.kit.errors import FieldPath, Invalid, invalid_field
from campaigns.kit.text.typed import plain_spelling
from campaigns.kit.times import FIRST_YEAR, LAST_YEAR

_MONTHS = (
    ("january", "januari"),
    ("february", "februari", "pebruari"),
    ("march", "maret", "mrt"),
    ("april",),
    ("may", "mei"),
    ("june", "juni"),
    ("july", "juli"),
    ("august", "agustus", "agt", "ags"),
    ("september",),
    ("october", "oktober"),
    ("november", "nopember"),
    ("december", "desember"),
)
# A weekday, a day with its month in words, a clock and a zone have less; a longer cell is not read, which costs time.
MAX_LENGTH = 80
_ZONES = {"wib": 7, "wita": 8, "wit": 9, "utc": 0, "gmt": 0, "z": 0}

_DAY, _MARK = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"[-/. ,]+"
_MONTH = r"(?P<month>[a-z]{3,9})"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?P<year>\d{{4}}){_MARK}(?P<number>\d{{1,2}}){_MARK}{_DAY}",
        rf"(?P<year>\d{{4}}){_MARK}{_MONTH}{_MARK}{_DAY}",
        rf"{_DAY}[-/. ,]*{_MONTH}[-/. ,]*(?P<year>\d{{4}}|\d{{2}}(?![:.]?\d))",
        rf"{_MONTH}{_MARK}{_DAY}{_MARK}(?P<year>\d{{4}})",
        rf"(?P<first>\d{{1,2}}){_MARK}(?P<second>\d{{1,2}}){_MARK}(?P<year>\d{{4}}|\d{{2}}(?![:.]?\d))",
    )
)
_WEEKDAY = re.compile(
    r"(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu|ahad|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)"
    r"\b[., ]*"
)
_CLOCK = re.compile(
    r"[t, ]*(?:(?:pukul|jam|pkl\.?|at)\s*)?(?P<hour>\d{1,2})(?:[:.](?P<minute>\d{2}))?(?:[:.](?P<second>\d{2}))?"
    r"(?:[.,]\d+)?\s*(?P<half>[ap]\.?m\.?)?\s*\(?(?P<zone>[a-z]{1,4})?\s*(?P<offset>[+-]\d{1,2}(?::?\d{2})?)?\)?"
)
# Days since the end of 1899, of five digits from 1927 to 2173; with less than five decimals it says no seconds.
_SERIAL = re.compile(r"(\d{5})(?:[.,](\d{1,15}))?")
_SERIAL_BEGIN = datetime(1899, 12, 30)  # noqa: DTZ001 - local by its nature
_SECOND_DECIMALS = 5


def read_time(text: str, *, zone: tzinfo, path: FieldPath) -> datetime:
    """The time that a cell says, in `zone` if it names no other; raises Invalid with `not-a-time`, or with
    `ambiguous-time` where day and month could be each other.
    """
    try:
        moment = None if len(text) > MAX_LENGTH else _read_iso(text) or _read_serial(text) or _read_spelling(text, path)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        detail = f"Write a time like 2026-12-01T08:00, between the years {FIRST_YEAR} and {LAST_YEAR}."
        raise invalid_field(path, detail, "not-a-time")
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


def _read_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _read_serial(text: str) -> datetime | None:
    found = _SERIAL.fullmatch(text)
    if found is None:
        return None
    decimals = found[2] or ""
    moment = _SERIAL_BEGIN + timedelta(days=int(found[1]) + float(f"0.{decimals or 0}"))
    step = timedelta(seconds=1) if len(decimals) >= _SECOND_DECIMALS else timedelta(minutes=1)
    return _SERIAL_BEGIN + round((moment - _SERIAL_BEGIN) / step) * step


def _read_spelling(text: str, path: FieldPath) -> datetime | None:
    """The time; None if it is spelled in no way that is known. Raises Invalid, and ValueError for no such day."""
    typed = _WEEKDAY.sub("", plain_spelling(text).lower(), count=1)
    for pattern in _DATES:
        found = pattern.match(typed)
        if found is not None:
            clock = typed[found.end() :]
            day = _day_of(found.groupdict(), path)
            return day and _at(day, clock)
    return None


def _day_of(found: dict[str, str | None], path: FieldPath) -> datetime | None:
    year = _number(found["year"])
    if "first" in found:
        first, second = _number(found["first"]), _number(found["second"])
        if year < 100 or (first != second and max(first, second) <= 12):
            raise _ambiguous(path)
        # One of them is no month, or they are equal.
        day, month = max(first, second), min(first, second)
    else:
        day = _number(found["day"])
        named = found.get("month")
        month = _number(found.get("number")) if named is None else _month_of(named)
    return datetime(year + 2000 if year < 100 else year, month, day) if month else None  # noqa: DTZ001


def _ambiguous(path: FieldPath) -> Invalid:
    detail = (
        "Day and month could be each other. Write the time like 2026-12-01T08:00, with the T, which spreadsheet "
        "programs leave as it is."
    )
    return invalid_field(path, detail, "ambiguous-time")


def _number(text: str | None) -> int:
    return int(text or 0)


def _month_of(word: str) -> int:
    """The number of a month by its name or the beginning of that; 0 for another word."""
    return next((number for number, names in enumerate(_MONTHS, 1) if any(n.startswith(word) for n in names)), 0)


def _at(day: datetime, clock: str) -> datetime | None:
    """The time of the day that the rest of the cell says; None if it says something else."""
    if not clock.strip(" ,.t"):
        return day
    found = _CLOCK.fullmatch(clock)
    if found is None or (found["minute"] is None and found["half"] is None) or clock[:1] not in "t ,":
        return None
    hour, minute, second = (_number(found[name]) for name in ("hour", "minute", "second"))
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * found["half"].startswith("p")
    if hour == 24 and minute == second == 0:  # the end of the day, as timetables write it
        return _in_zone(day + timedelta(days=1), found)
    return _in_zone(day.replace(hour=hour, minute=minute, second=second), found)


def _in_zone(moment: datetime, found: re.Match[str]) -> datetime | None:
    zone, offset = found["zone"], found["offset"]
    if zone is None and offset is None:
        return moment
    if zone is not None and zone not in _ZONES:
        return None
    shift = timedelta(hours=_ZONES[zone] if zone else 0)
    if offset is not None:
        digits = offset[1:].replace(":", "")
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        shift += (1 if offset[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes)
    return moment.replace(tzinfo=timezone(shift))
