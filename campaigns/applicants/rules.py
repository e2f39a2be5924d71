"""Pure rules of applicants: the registration form, and how its answers are checked.

`FORM` is the one description of the form: front ends get it, the OpenAPI document repeats it, `read_answers` checks it.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse

from campaigns.applicants.provinces import PROVINCES
from campaigns.applicants.types import Answers, Choice, ConsentGiven, FieldType, FormField, RegistrationForm
from campaigns.kit.errors import Conflict, FieldError, raise_if_any
from campaigns.planning.types import RegistrationState

FORM = (
    FormField("name", FieldType.TEXT, min_length=2, max_length=200),
    FormField("email", FieldType.EMAIL, max_length=254),
    FormField("phone", FieldType.PHONE, max_length=32),
    FormField("birth_date", FieldType.DATE),
    FormField("province", FieldType.CHOICE, choices=tuple(Choice(code, name) for code, name in PROVINCES.items())),
)

# Wide enough for every programme, narrow enough to find a mistyped year.
MIN_AGE = 14
MAX_AGE = 100

# The country of a phone number without a country code.
HOME_REGION = "ID"

# How far ahead of the server the clock of a candidate's phone may be.
CLOCK_SKEW = timedelta(minutes=5)

_PHONE = re.compile(r"\+?[0-9 ().\-]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _AnswerError(Exception):
    """An answer that cannot be accepted; code and detail do not contain the answer."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def require_open(registration: RegistrationState) -> None:
    """Raise Conflict unless candidates can register now."""
    if registration is RegistrationState.NOT_YET_OPEN:
        raise Conflict("registration-not-open", "Registration through this campaign is not open yet.")
    if registration is RegistrationState.CLOSED:
        raise Conflict("registration-closed", "Registration through this campaign is closed.")


def read_answers(form: RegistrationForm, *, notice_version: str, today: date, now: datetime) -> Answers:
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
        except _AnswerError as error:
            errors.append(FieldError((field.key,), error.detail, error.code))
    errors.extend(_consent_errors(form.consent, notice_version=notice_version, now=now))
    raise_if_any(errors)
    return Answers(
        name=values["name"],
        email=values["email"],
        phone=values["phone"],
        birth_date=date.fromisoformat(values["birth_date"]),
        province=values["province"],
    )


def _consent_errors(consent: ConsentGiven, *, notice_version: str, now: datetime) -> Iterator[FieldError]:
    if consent.notice_version != notice_version:
        detail = (
            "This is not the current version of the privacy notice. Show the current notice and ask for consent again."
        )
        yield FieldError(("consent", "notice_version"), detail, "outdated-notice")
    if consent.accepted_at > now + CLOCK_SKEW:
        yield FieldError(("consent", "accepted_at"), "This time is in the future.", "in-the-future")


def identity_of(email: str) -> str:
    """The form in which e-mail addresses are compared: the normalised address in lower case."""
    return email.lower()


def _read_value(field: FormField, typed: str) -> str:
    text = unicodedata.normalize("NFC", typed).replace("\u00a0", " ").strip()
    if not text:
        raise _AnswerError("missing", "This field is required.")
    if len(text) < field.min_length:
        raise _AnswerError("too-short", f"This field needs at least {field.min_length} characters.")
    if field.max_length is not None and len(text) > field.max_length:
        raise _AnswerError("too-long", f"This field allows at most {field.max_length} characters.")
    # Control characters, and invisible ones that reverse or hide text.
    if not text.isprintable():
        raise _AnswerError("unsafe-characters", "This field contains invisible characters.")
    return READERS[field.type](field, text)


def _read_text(_field: FormField, text: str) -> str:
    return text


def _read_email(_field: FormField, text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise _AnswerError("not-an-email", "This is not a valid e-mail address.") from None


def _read_phone(_field: FormField, text: str) -> str:
    error = _AnswerError(
        "not-a-phone-number", "This is not a valid phone number. Start a foreign number with + and the country code."
    )
    if not _PHONE.fullmatch(text):
        raise error
    try:
        number = parse(text, HOME_REGION)
    except NumberParseException:
        raise error from None
    if not is_valid_number(number):
        raise error
    return format_number(number, PhoneNumberFormat.E164)


def _read_date(_field: FormField, text: str) -> str:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _AnswerError("not-a-date", "This is not a valid date. Write it like 2008-02-29.") from None


def _read_choice(field: FormField, text: str) -> str:
    if text not in {choice.value for choice in field.choices or ()}:
        raise _AnswerError("unknown-choice", "This value is not one of the choices of the field.")
    return text


READERS: dict[FieldType, Callable[[FormField, str], str]] = {
    FieldType.TEXT: _read_text,
    FieldType.EMAIL: _read_email,
    FieldType.PHONE: _read_phone,
    FieldType.DATE: _read_date,
    FieldType.CHOICE: _read_choice,
}


def age_on(birth: date, today: date) -> int:
    """The age in completed years of a person born on `birth`."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _require_age(birth: date, today: date) -> None:
    if not MIN_AGE <= age_on(birth, today) <= MAX_AGE:
        raise _AnswerError("age-out-of-range", f"Candidates must be {MIN_AGE} to {MAX_AGE} years old.")
