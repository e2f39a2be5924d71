"""Pure rules of applicants: the registration form and how its answers are checked, references and status tokens.

`FORM` is the one description of the form: front ends get it, the OpenAPI document repeats it, `read_answers` checks it.
"""

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta

from email_validator import EmailNotValidError, validate_email
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, is_valid_number, parse

from campaigns.applicants.provinces import PROVINCES
from campaigns.applicants.types import Answers, Choice, ConsentGiven, FieldType, FormField
from campaigns.kit.errors import Conflict, FieldError, raise_if_any
from campaigns.kit.ids import SPOKEN_ALPHABET, random_text
from campaigns.planning.types import RegistrationState

FORM = (
    FormField("name", FieldType.TEXT, min_length=2, max_length=200),
    FormField("email", FieldType.EMAIL, max_length=254),
    FormField("phone", FieldType.PHONE, max_length=32),
    FormField("birth_date", FieldType.DATE),
    FormField("province", FieldType.CHOICE, choices=tuple(Choice(code, name) for code, name in PROVINCES.items())),
)

# Wide enough for every programme, narrow enough to find a mistyped year; each programme's own ages come later.
MIN_AGE = 14
MAX_AGE = 100

# Where a number without a country belongs.
HOME_REGION = "ID"

# Phones that candidates register from are rarely right to the second.
CLOCK_SKEW = timedelta(minutes=5)

REFERENCE_PREFIX = "JR"
REFERENCE_SYMBOLS = 10  # 50 random bits
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
TOKEN_BYTES = 24

_PHONE = re.compile(r"\+?[0-9 ().\-]+")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _Refused(Exception):
    """An answer that cannot be accepted, with a code and a sentence that do not repeat it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def require_open(registration: RegistrationState) -> None:
    """Raise Conflict unless candidates can register now."""
    if registration is RegistrationState.NOT_YET_OPEN:
        raise Conflict("registration-not-open", "Registration through this campaign has not begun yet.")
    if registration is RegistrationState.CLOSED:
        raise Conflict("registration-closed", "Registration through this campaign is over.")


def read_answers(
    typed: Mapping[str, str], consent: ConsentGiven, *, notice_version: str, today: date, now: datetime
) -> Answers:
    """The checked answers; `typed` holds every key of FORM.

    Raises Invalid with all fields at fault at once. `today` is the candidate's day, by which ages are counted;
    `notice_version` is the notice that must have been agreed to.
    """
    read: dict[str, str] = {}
    errors: list[FieldError] = []
    for field in FORM:
        try:
            read[field.key] = _read(field, typed[field.key])
            if field.key == "birth_date":
                _require_age(date.fromisoformat(read[field.key]), today)
        except _Refused as refused:
            errors.append(FieldError((field.key,), refused.detail, refused.code))
    if consent.notice_version != notice_version:
        detail = "This is not the notice that is in force; show the current one and ask again."
        errors.append(FieldError(("consent", "notice_version"), detail, "outdated-notice"))
    if consent.accepted_at > now + CLOCK_SKEW:
        errors.append(FieldError(("consent", "accepted_at"), "This time is in the future.", "in-the-future"))
    raise_if_any(errors)
    return Answers(**{**read, "birth_date": date.fromisoformat(read["birth_date"])})  # type: ignore[arg-type]


def identity_of(email: str) -> str:
    """What makes two e-mail addresses the same person: the normalised address without its case."""
    return email.lower()


def _read(field: FormField, typed: str) -> str:
    text = unicodedata.normalize("NFC", typed).replace("\u00a0", " ").strip()
    if not text:
        raise _Refused("missing", "This field must be filled in.")
    if len(text) < field.min_length:
        raise _Refused("too-short", f"This field holds at least {field.min_length} characters.")
    if field.max_length is not None and len(text) > field.max_length:
        raise _Refused("too-long", f"This field holds at most {field.max_length} characters.")
    # Control characters, but also invisible ones that turn text around or hide it.
    if not text.isprintable():
        raise _Refused("unsafe-characters", "This field holds characters that cannot be seen.")
    return READERS[field.type](field, text)


def _read_text(_field: FormField, text: str) -> str:
    return text


def _read_email(_field: FormField, text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise _Refused("not-an-email", "This is not an e-mail address.") from None


def _read_phone(_field: FormField, text: str) -> str:
    refused = _Refused(
        "not-a-phone-number", "This is not a phone number; one from abroad starts with + and its country."
    )
    if not _PHONE.fullmatch(text):
        raise refused
    try:
        number = parse(text, HOME_REGION)
    except NumberParseException:
        raise refused from None
    if not is_valid_number(number):
        raise refused
    return format_number(number, PhoneNumberFormat.E164)


def _read_date(_field: FormField, text: str) -> str:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _Refused("not-a-date", "This is not a date such as 2008-02-29.") from None


def _read_choice(field: FormField, text: str) -> str:
    if text not in {choice.value for choice in field.choices or ()}:
        raise _Refused("unknown-choice", "This is none of the field's choices.")
    return text


READERS: dict[FieldType, Callable[[FormField, str], str]] = {
    FieldType.TEXT: _read_text,
    FieldType.EMAIL: _read_email,
    FieldType.PHONE: _read_phone,
    FieldType.DATE: _read_date,
    FieldType.CHOICE: _read_choice,
}


def age_on(birth: date, today: date) -> int:
    """The completed years of somebody born on `birth`."""
    return today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))


def _require_age(birth: date, today: date) -> None:
    if not MIN_AGE <= age_on(birth, today) <= MAX_AGE:
        raise _Refused("age-out-of-range", f"Candidates are {MIN_AGE} to {MAX_AGE} years old.")


def new_reference() -> str:
    """A reference such as `JR-7K3M9-QXT4C`, to be read out on the telephone."""
    drawn = random_text(SPOKEN_ALPHABET, REFERENCE_SYMBOLS)
    return f"{REFERENCE_PREFIX}-{drawn[:5]}-{drawn[5:]}"


def normalize_reference(typed: str) -> str | None:
    """A reference as it is stored, from how somebody wrote it; None if it cannot be one.

    Case, hyphens and spaces do not matter, and letters that look like digits are read as those (Crockford's base 32).
    """
    symbols = typed.upper().translate(_LOOKALIKES)
    drawn = symbols.removeprefix(REFERENCE_PREFIX)
    if symbols == drawn or len(drawn) != REFERENCE_SYMBOLS or not set(drawn) <= set(SPOKEN_ALPHABET):
        return None
    return f"{REFERENCE_PREFIX}-{drawn[:5]}-{drawn[5:]}"


def new_status_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_digest(token: str) -> bytes:
    """The SHA-256 a status token is stored as; enough for 192 random bits (OWASP ASVS 5.0, 11.4)."""
    return hashlib.sha256(token.encode()).digest()
