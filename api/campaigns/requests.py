"""The public contract of campaigns."""

from uuid import UUID

from pydantic import MISSING, Field

from api.fields import PreviewDescription, PreviewTitle, Slug
from api.http.schemas import Name, RequestModel, Timestamp, WebAddress, example
from campaigns.planning.types import CampaignState, UnclosedState

EXAMPLE = {
    "unit_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000001",
    "intake_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000003",
    "name": "Bintara 2027, West Java",
    "slug": "bintara-2027-jabar",
    "starts_at": "2026-11-01T00:00:00+07:00",
    "ends_at": "2027-02-01T00:00:00+07:00",
    "landing_url": "https://daftar.example/bintara",
    "preview_title": "Penerimaan Bintara 2027",
    "preview_description": "Pendaftaran resmi, tanpa biaya.",
    "preview_image": "https://daftar.example/bintara.png",
    "state": "active",
}


class CampaignCreate(RequestModel):
    """A new campaign."""

    model_config = example(EXAMPLE)

    unit_id: UUID = Field(description="The unit that runs the campaign.")
    intake_id: UUID = Field(description="The intake of the campaign.")
    name: Name
    slug: Slug = Field(description="Public name of the campaign in URLs. It cannot be changed.")
    starts_at: Timestamp
    ends_at: Timestamp | None = Field(
        None, description="End of the campaign (exclusive). Null: the campaign ends when the intake closes."
    )
    landing_url: WebAddress = Field(
        description="Default destination of the links of the campaign. Its host must be on the allow-list of the unit."
    )
    preview_title: PreviewTitle | None = Field(
        None, description="Title of the link preview in chat apps. Null: the name of the campaign."
    )
    preview_description: PreviewDescription | None = Field(
        None, description="Text of the link preview, below the title."
    )
    preview_image: WebAddress | None = Field(
        None, description="Image of the link preview: an https URL whose host is on the allow-list."
    )
    state: UnclosedState = Field(CampaignState.DRAFT, description="A draft is not public.")


class CampaignChange(RequestModel):
    """Fields to change. Omitted fields keep their values."""

    model_config = example({"name": "Bintara 2027, Bandung", "state": "active"})

    name: Name | MISSING = MISSING
    starts_at: Timestamp | MISSING = MISSING
    ends_at: Timestamp | MISSING | None = MISSING
    landing_url: WebAddress | MISSING = MISSING
    preview_title: PreviewTitle | MISSING | None = MISSING
    preview_description: PreviewDescription | MISSING | None = MISSING
    preview_image: WebAddress | MISSING | None = MISSING
    state: UnclosedState | MISSING = MISSING
