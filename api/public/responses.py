"""Response bodies of the public API: a campaign with its form, the receipt of a registration, the status."""

from datetime import datetime

from pydantic import Field

from api.http.schemas import ResponseModel, example
from campaigns.applicants.types import FieldType
from campaigns.planning.types import RegistrationState, StageKind

_NOTICE = {"version": "2026-1", "url": "https://daftar.example/privacy"}

_REFERENCE = "JR-7K3M9-QXT4C"


class ReceiptOut(ResponseModel):
    """What the candidate keeps; the status token is shown nowhere else."""

    model_config = example(
        {
            "reference": _REFERENCE,
            "status_token": "vZ6xq0mC8bq9Tn2pYd4sWf1uKj7hRe3a",
            "registered_at": "2026-11-23T02:12:00Z",
            "campaign": "bintara-2027-jabar",
        }
    )

    reference: str = Field(description="The application's public number; may be read out on the telephone.")
    status_token: str = Field(description="Secret; needed with the reference to read the status.")
    registered_at: datetime
    campaign: str = Field(description="The campaign's slug.")


class StatusOut(ResponseModel):
    """How far an application is."""

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
    stage: str = Field(description="The name of the current stage.")
    stage_kind: StageKind
    registered_at: datetime
    stage_entered_at: datetime


class NoticeOut(ResponseModel):
    """The privacy notice that candidates agree to."""

    model_config = example(_NOTICE)

    version: str = Field(description="Send it back as `consent.notice_version`.")
    url: str


class ChoiceOut(ResponseModel):
    """One answer that may be chosen."""

    model_config = example({"value": "ID-JB", "label": "Jawa Barat"})

    value: str
    label: str


class FormFieldOut(ResponseModel):
    """One question of the form; `key` is its name in the body of a registration."""

    model_config = example({"key": "name", "type": "text", "required": True, "max_length": 200, "choices": None})

    key: str
    type: FieldType
    required: bool
    max_length: int | None = Field(description="The maximum number of characters; null if there is none.")
    choices: list[ChoiceOut] | None = Field(description="The answers of a `choice`; null for other types.")


class PublicCampaignOut(ResponseModel):
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
    registration: RegistrationState
    opens_at: datetime
    closes_at: datetime = Field(description="The first moment when registration is over.")
    notice: NoticeOut
    fields: list[FormFieldOut] = Field(description="The form, in order.")
