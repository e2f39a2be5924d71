"""Telephone numbers in every spelling that can be understood; pure.

A number is read as it stands, and where that is no number, as what was most probably meant: `00 62`, `062` and `+0812`
are how people write the country code of Indonesia, and forms with a country of their own get it twice.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    format_number,
    is_valid_number,
    number_type,
    parse,
    region_code_for_number,
)

from campaigns.applicants.types import AnswerError
from campaigns.kit.text.typed import plain_spelling

# The country of a phone number without a country code.
HOME_REGION = "ID"
HOME_CODE = "62"

# Numbers of services. To call them can cost whoever calls, and no candidate answers there.
NOT_PERSONAL = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PERSONAL_NUMBER,
        PhoneNumberType.UAN,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
    }
)
# libphonenumber's region of codes that belong to no country: satellites (+870, +881), +800, +979 and their like.
NO_COUNTRY = "001"

_MOBILE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})
_TEL = re.compile(r"tel:", re.IGNORECASE)
# As libphonenumber reads them; the number is kept, the extension is not: it is dialled by hand.
_EXTENSION = re.compile(r"[ ,;]*(?:;ext=|ext(?:ension)?\.?|x|#|pesawat|pes\.?)[ .:]*[0-9]{1,7}#?", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_SEPARATORS = re.compile(r"[^0-9+]+")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One way to understand what was typed."""

    number: PhoneNumber
    mobile: bool


def read_phone(line: str) -> str:
    """The number in E.164 form; raises AnswerError if it is no number, or one that no person has."""
    text = _TEL.sub("", plain_spelling(line), count=1)
    if (extended := _EXTENSION.search(text)) and not text[extended.end() :].strip():
        text = text[: extended.start()]
    readings = list(_readings(text)) if not _LETTER.search(text) else []
    if not readings:
        raise AnswerError(
            "not-a-phone-number",
            "This is not a valid phone number. Start a foreign number with + and the country code.",
        )
    number = next((one.number for one in readings if one.mobile), readings[0].number)
    if number_type(number) in NOT_PERSONAL or region_code_for_number(number) == NO_COUNTRY:
        raise AnswerError(
            "not-a-personal-number", "This is the number of a service or a satellite. Write a number of your own."
        )
    return format_number(number, PhoneNumberFormat.E164)


def _readings(text: str) -> Iterator[_Reading]:
    for spelling in dict.fromkeys(_spellings(text)):
        try:
            number = parse(spelling, HOME_REGION)
        except NumberParseException:
            continue
        if is_valid_number(number):
            yield _Reading(number, number_type(number) in _MOBILE)


def _spellings(text: str) -> Iterator[str]:
    """What was typed, then what it can be meant as, the more probable first."""
    typed = _SEPARATORS.sub("", text)
    digits = typed.replace("+", "")
    plus = "+" if typed.startswith("+") else ""
    if typed.count("+") != len(typed) - len(typed.lstrip("+")):
        return  # a plus between digits
    yield plus + digits
    significant = digits.lstrip("0")
    if plus or digits.startswith(("00", "0" + HOME_CODE)):
        yield "+" + significant
        # A national number behind a plus, or behind a country code that was chosen beside the field.
        if significant.startswith(HOME_CODE):
            yield "+" + HOME_CODE + significant.removeprefix(HOME_CODE).lstrip("0").removeprefix(HOME_CODE)
        if digits.startswith("0"):
            yield "0" + significant
