"""Pure rules of applicants: the registration form, and how its answers are checked.

`FORM` is the one description of the form: front ends get it, the OpenAPI document repeats it, `read_answers` checks it.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from campaigns.applicants.answers.email_address import read_email
from campaigns.applicants.answers.name import read_name
from campaigns.applicants.answers.phone_number import read_phone
from campaigns.applicants.provinces import PROVINCES
from campaigns.applicants.types import (
    AnswerError,
    Answers,
    Choice,
    ConsentClock,
    ConsentGiven,
    FieldType,
    FormField,
    RegistrationForm,
)
from campaigns.kit.errors import Conflict, FieldError, raise_if_any
from campaigns.kit.text.typed import plain_line, plain_spelling
from campaigns.planning.types import RegistrationState

FORM = (
    FormField("name", FieldType.TEXT, max_length=200),
    FormField("email", FieldType.EMAIL, max_length=254),
    FormField("phone", FieldType.PHONE, max_length=32),
    FormField("birth_date", FieldType.DATE),
    FormField("province", FieldType.CHOICE, choices=tuple(Choice(code, name) for code, name in PROVINCES.items())),
)

# Wide enough for every programme, narrow enough to find a mistyped year.
MIN_AGE = 14
MAX_AGE = 100

# No answer is longer, with all that is invisible in it; beyond, it is refused before anything is looked at.
LONGEST_TYPED = 2000

# A form may be filled in without a network and sent later the same day.
CLOCK_TOLERANCE = timedelta(days=1)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def require_open(registration: RegistrationState) -> None:
    """Raise Conflict unless candidates can register now."""
    if registration is RegistrationState.NOT_YET_OPEN:
        raise Conflict("registration-not-open", "Registration through this campaign is not open yet.")
    if registration is RegistrationState.CLOSED:
        raise Conflict("registration-closed", "Registration through this campaign is closed.")


def read_answers(form: RegistrationForm, *, notice_version: str, today: date) -> Answers:
    """The checked answers of a form.

    Raises Invalid with every field at fault. `today` is the candidate's day, by which ages are counted;
    `notice_version` is the notice that must have been agreed to.
    """
    values: dict[str, str] = {}
    errors: list[FieldError] = []
    for field in FORM:
        try:
            values[field.key] = _read_value(field, form.typed[field.key])
            if field.key == "birth_date":
                _require_age(date.fromisoformat(values[field.key]), today)
        except AnswerError as error:
            errors.append(FieldError((field.key,), error.detail, error.code))
    errors.extend(_consent_errors(form.consent, notice_version=notice_version))
    raise_if_any(errors)
    return Answers(
        name=values["name"],
        email=values["email"],
        phone=values["phone"],
        birth_date=date.fromisoformat(values["birth_date"]),
        province=values["province"],
    )


def _consent_errors(consent: ConsentGiven, *, notice_version: str) -> Iterator[FieldError]:
    if consent.notice_version != notice_version:
        detail = (
            "This is not the current version of the privacy notice. Show the current notice and ask for consent again."
        )
        yield FieldError(("consent", "notice_version"), detail, "outdated-notice")


def clock_of(accepted_at: datetime | None, *, recorded_at: datetime) -> ConsentClock:
    """What the candidate's clock said: nobody is refused for a clock that is wrong, and nothing is proved by it."""
    if accepted_at is None:
        return ConsentClock.UNREADABLE
    return ConsentClock.AGREES if abs(accepted_at - recorded_at) <= CLOCK_TOLERANCE else ConsentClock.DIFFERS


def _read_value(field: FormField, typed: str) -> str:
    if len(typed) > LONGEST_TYPED:
        raise AnswerError("too-long", f"This field allows at most {field.max_length or LONGEST_TYPED} characters.")
    line = plain_line(typed)
    if not line:
        raise AnswerError("missing", "This field is required.")
    if field.max_length is not None and len(line) > field.max_length:
        raise AnswerError("too-long", f"This field allows at most {field.max_length} characters.")
    return READERS[field.type](field, line)


def _read_date(_field: FormField, line: str) -> str:
    text = plain_spelling(line)
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise AnswerError("not-a-date", "This is not a valid date. Write it like 2008-02-29.") from None


def _read_choice(field: FormField, line: str) -> str:
    text = plain_spelling(line)
    if text not in {choice.value for choice in field.choices or ()}:
        raise AnswerError("unknown-choice", "This value is not one of the choices of the field.")
    return text


READERS: dict[FieldType, Callable[[FormField, str], str]] = {
    FieldType.TEXT: lambda _, line: read_name(line),
    FieldType.EMAIL: lambda _, line: read_email(line),
    FieldType.PHONE: lambda _, line: read_phone(line),
    FieldType.DATE: _read_date,
    FieldType.CHOICE: _read_choice,
}


def age_on(birth: date, today: date) -> int:
    """The age in completed years of a person born on `birth`."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _require_age(birth: date, today: date) -> None:
    if not MIN_AGE <= age_on(birth, today) <= MAX_AGE:
        raise AnswerError("age-out-of-range", f"Candidates must be {MIN_AGE} to {MAX_AGE} years old.")
