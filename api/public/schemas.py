"""The public contract of intake: what a candidate's form needs, sends and gets back."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from api.http.schemas import In, Moment, Out, Word, example
from campaigns.applicants.rules import FORM
from campaigns.applicants.types import FieldType

_NOTICE = {"version": "2026-1", "url": "https://daftar.example/privacy"}
_REFERENCE = "JR-7K3M9-QXT4C"
_STAGE_KINDS = Literal["registered", "verified", "assessed", "accepted", "rejected", "withdrawn"]


def _answer(key: str, description: str) -> Any:
    """A field with its limits in the document only: the domain checks them, and names all errors at once."""
    field = next(field for field in FORM if field.key == key)
    shown: dict[str, Any] = {"minLength": field.min_length}
    if field.max_length is not None:
        shown["maxLength"] = field.max_length
    if field.choices is not None:
        shown["enum"] = [choice.value for choice in field.choices]
    if field.type in (FieldType.EMAIL, FieldType.DATE):
        shown["format"] = field.type.value
    return Field(description=description, json_schema_extra=shown)


class ConsentIn(In):
    """The candidate's agreement to the privacy notice."""

    model_config = example({"notice_version": "2026-1", "accepted_at": "2026-11-23T09:11:58+07:00"})

    notice_version: Word = Field(description="The version of the notice that was shown; it must be the current one.")
    accepted_at: Moment = Field(description="When the candidate agreed, by the candidate's own clock.")


class SignUp(In):
    """A candidate's registration."""

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
    phone: str = _answer("phone", "An Indonesian number as people write it, or a foreign one with + and its country.")
    birth_date: str = _answer("birth_date", "The date of birth.")
    province: str = _answer("province", "Where the candidate lives: an ISO 3166-2 code.")
    consent: ConsentIn
    touches: list[Annotated[str, StringConstraints(max_length=200)]] = Field(
        max_length=100,
        description="The `cid`s that this device gathered from campaign links, in any order; those that cannot be "
        "verified are left out.",
    )


class ReceiptOut(Out):
    """What the candidate keeps; the token is told only here."""

    model_config = example(
        {
            "reference": _REFERENCE,
            "status_token": "vZ6xq0mC8bq9Tn2pYd4sWf1uKj7hRe3a",
            "submitted_at": "2026-11-23T02:12:00Z",
            "campaign": "bintara-2027-jabar",
        }
    )

    reference: str = Field(description="Names the application; may be read out.")
    status_token: str = Field(description="Secret; opens the status together with the reference.")
    submitted_at: datetime
    campaign: str = Field(description="The campaign's slug.")


class StatusOut(Out):
    """How far an application is."""

    model_config = example(
        {
            "reference": _REFERENCE,
            "campaign_name": "Bintara 2027, West Java",
            "intake_name": "2027",
            "stage": "Documents verified",
            "stage_kind": "verified",
            "submitted_at": "2026-11-23T02:12:00Z",
            "stage_entered_at": "2026-12-01T03:00:00Z",
        }
    )

    reference: str
    campaign_name: str
    intake_name: str
    stage: str = Field(description="The name of the stage it stands in.")
    stage_kind: _STAGE_KINDS
    submitted_at: datetime
    stage_entered_at: datetime


class NoticeOut(Out):
    """The privacy notice that candidates agree to."""

    model_config = example(_NOTICE)

    version: str = Field(description="Send it back as `consent.notice_version`.")
    url: str


class ChoiceOut(Out):
    """One answer that may be chosen."""

    model_config = example({"value": "ID-JB", "label": "Jawa Barat"})

    value: str
    label: str


class FormFieldOut(Out):
    """One question of the form; `key` is its name in the body of a registration."""

    model_config = example({"key": "name", "type": "text", "required": True, "max_length": 200, "choices": None})

    key: str
    type: Literal["text", "email", "phone", "date", "choice"]
    required: bool
    max_length: int | None = Field(description="Most characters; null where it does not apply.")
    choices: list[ChoiceOut] | None = Field(description="The answers of a `choice`; null for other types.")


class PublicCampaignOut(Out):
    """A campaign as a front end shows it."""

    model_config = example(
        {
            "name": "Bintara 2027, West Java",
            "slug": "bintara-2027-jabar",
            "unit_name": "West Java",
            "programme_name": "Bintara",
            "intake_name": "2027",
            "registration": "open",
            "opens_at": "2026-11-01T00:00:00Z",
            "closes_at": "2027-02-01T00:00:00Z",
            "notice": _NOTICE,
            "fields": [{"key": "name", "type": "text", "required": True, "max_length": 200, "choices": None}],
        }
    )

    name: str
    slug: str
    unit_name: str
    programme_name: str
    intake_name: str
    registration: Literal["open", "not_yet_open", "closed"]
    opens_at: datetime
    closes_at: datetime = Field(description="The first moment when registration is over.")
    notice: NoticeOut
    fields: list[FormFieldOut] = Field(description="The form, in order.")
