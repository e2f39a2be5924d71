"""Request bodies of the public API: a registration."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from api.http.schemas import RequestModel, ShortText, Timestamp, example
from campaigns.applicants.rules import FORM
from campaigns.applicants.types import FieldType


def _answer(key: str, description: str) -> Any:
    """A field whose limits are in the OpenAPI document only: the domain checks them and reports all errors together."""
    field = next(field for field in FORM if field.key == key)
    schema: dict[str, Any] = {"minLength": field.min_length}
    if field.max_length is not None:
        schema["maxLength"] = field.max_length
    if field.choices is not None:
        schema["enum"] = [choice.value for choice in field.choices]
    if field.type in (FieldType.EMAIL, FieldType.DATE):
        schema["format"] = field.type.value
    return Field(description=description, json_schema_extra=schema)


class ConsentIn(RequestModel):
    """The consent of the candidate to the privacy notice."""

    model_config = example({"notice_version": "2026-1", "accepted_at": "2026-11-23T09:11:58+07:00"})

    notice_version: ShortText = Field(
        description="Version of the notice that the candidate saw. It must be the current version."
    )
    accepted_at: Timestamp = Field(description="Time of the consent by the clock of the candidate.")


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
    touches: list[Annotated[str, StringConstraints(max_length=200)]] = Field(
        max_length=100,
        description="The `cid` values that this device collected from campaign links, in any order. Values that "
        "cannot be verified are ignored.",
    )
