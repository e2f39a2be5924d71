"""Response bodies of the public API: a campaign with its form, the receipt of a registration, the status."""

from datetime import datetime

from pydantic import Field

from api.http.schemas import ResponseModel, example
from campaigns.applicants.types import FieldType
from campaigns.planning.types import RegistrationState, StageKind

_NOTICE = {"version": "2026-1", "url": "https://daftar.example/privacy"}

_REFERENCE = "JR-7K3M9-QXT4C"


class ReceiptOut(ResponseModel):
    """The receipt for the candidate. No other response contains the status token."""

    model_config = example(
        {
            "reference": _REFERENCE,
            "status_token": "vZ6xq0mC8bq9Tn2pYd4sWf1uKj7hRe3a",
            "registered_at": "2026-11-23T02:12:00Z",
            "campaign": "bintara-2027-jabar",
        }
    )

    reference: str = Field(description="Public number of the application. It is not secret.")
    status_token: str = Field(description="Secret. Required together with the reference to read the status.")
    registered_at: datetime
    campaign: str = Field(description="The slug of the campaign.")


class StatusOut(ResponseModel):
    """The status of an application."""

    model_config = example(
        {
            "reference": _REFERENCE,
            "campaign_name": "Bintara 2027, West Java",
            "intake_name": "2027",
            "stage": "Documents verified",
            "stage_kind": "verified",
            "registered_at": "2026-11-23T02:12:00Z",
            "stage_entered_at": "2026-12-01T03:00:00Z",
        }
    )

    reference: str
    campaign_name: str
    intake_name: str
    stage: str = Field(description="Name of the current stage.")
    stage_kind: StageKind
    registered_at: datetime
    stage_entered_at: datetime


class NoticeOut(ResponseModel):
    """The privacy notice that candidates consent to."""

    model_config = example(_NOTICE)

    version: str = Field(description="Send this value as `consent.notice_version`.")
    url: str


class ChoiceOut(ResponseModel):
    """An allowed value of a form field."""

    model_config = example({"value": "ID-JB", "label": "Jawa Barat"})

    value: str
    label: str


class FormFieldOut(ResponseModel):
    """A field of the registration form. `key` is its name in the request body of a registration."""

    model_config = example({"key": "name", "type": "text", "required": True, "max_length": 200, "choices": None})

    key: str
    type: FieldType
    required: bool
    max_length: int | None = Field(description="Maximum number of characters. Null if there is no maximum.")
    choices: list[ChoiceOut] | None = Field(
        description="The allowed values of a field of the type `choice`. Null for other types."
    )


class PublicCampaignOut(ResponseModel):
    """The public data of a campaign."""

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
    registration: RegistrationState
    opens_at: datetime
    closes_at: datetime = Field(description="End of registration (exclusive).")
    notice: NoticeOut
    fields: list[FormFieldOut] = Field(description="The fields of the form, in order.")
