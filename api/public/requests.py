"""Request bodies of the public API: a registration."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError, WithJsonSchema

from api.http.schemas import RequestModel, ShortText, Timestamp, example
from campaigns.applicants.rules import FORM
from campaigns.applicants.types import FieldType
from campaigns.attribution.rules import MAX_TOUCHES


def _answer(key: str, description: str) -> Any:
    """A field whose limits are in the OpenAPI document only: the domain checks them and reports all errors together."""
    field = next(field for field in FORM if field.key == key)
    schema: dict[str, Any] = {"minLength": 1}
    if field.max_length is not None:
        schema["maxLength"] = field.max_length
    if field.choices is not None:
        schema["enum"] = [choice.value for choice in field.choices]
    if field.type in (FieldType.EMAIL, FieldType.DATE):
        schema["format"] = field.type.value
    return Field(description=description, json_schema_extra=schema)


_TIME: TypeAdapter[datetime] = TypeAdapter(Timestamp)

# Longer than any click token.
LONGEST_TOUCH = 200


def _time_said(value: Any) -> datetime | None:
    """The time that a value names, with its zone; None if it names none."""
    try:
        return _TIME.validate_python(value)
    except ValidationError:
        return None


def _possible_touches(value: Any) -> list[str]:
    """The values that may be click tokens; what is no list holds none."""
    listed = value if isinstance(value, list) else []
    return [one for one in listed if isinstance(one, str) and one.isascii() and len(one) <= LONGEST_TOUCH]


# A clock and a front end's memory are not the candidate's doing: what is wrong with them is left out, never refused.
SaidTime = Annotated[datetime | None, BeforeValidator(_time_said)]
Touches = Annotated[
    list[str],
    BeforeValidator(_possible_touches),
    WithJsonSchema({"type": "array", "items": {"type": "string", "maxLength": LONGEST_TOUCH}, "maxItems": MAX_TOUCHES}),
]


class ConsentIn(RequestModel):
    """The consent of the candidate to the privacy notice."""

    model_config = example({"notice_version": "2026-1", "accepted_at": "2026-11-23T09:11:58+07:00"})

    notice_version: ShortText = Field(
        description="Version of the notice that the candidate saw. It must be the current version."
    )
    accepted_at: SaidTime = Field(
        None,
        description="Time of the consent by the clock of the candidate. It is kept as said; the time of the server is "
        "the record. A value that is no time is left out.",
    )


class RegistrationCreate(RequestModel):
    """The registration of a candidate."""

    model_config = example(
        {
            "name": "Sari Contoh",
            "email": "sari.contoh@example.com",
            "phone": "0812-3456-7890",
            "birth_date": "2008-02-29",
            "province": "ID-JB",
            "consent": {"notice_version": "2026-1", "accepted_at": "2026-11-23T09:11:58+07:00"},
            "touches": ["AQGY86K3yH0-mkHA_-4AABEBmPOit8h9PppBwP_uAAAG9LD-xoaBaUWXuNg5"],
        }
    )

    name: str = _answer("name", "The full name.")
    email: str = _answer("email", "The e-mail address.")
    phone: str = _answer(
        "phone", "An Indonesian phone number in any usual format, or a foreign number with `+` and the country code."
    )
    birth_date: str = _answer("birth_date", "The date of birth.")
    province: str = _answer("province", "ISO 3166-2 code of the province where the candidate lives.")
    consent: ConsentIn
    touches: Touches = Field(
        [],
        description="The `cid` values that this device collected from campaign links, in any order. Whatever cannot be "
        "verified is ignored, and of more than 100 the newest are kept. No value refuses the registration.",
    )
