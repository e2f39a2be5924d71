"""The public contract of intakes and their stages."""

from typing import Annotated
from uuid import UUID

from pydantic import MISSING, Field, StringConstraints

from api.http.schemas import Name, RequestModel, ShortName, ShortText, Timestamp, WebAddress, example
from campaigns.planning.rules import DEFAULT_STAGES, MAX_STAGES, STAGE_KEY_LENGTH, STAGE_KEY_PATTERN
from campaigns.planning.types import StageKind

STAGES = [{"key": stage.key, "name": stage.name, "kind": stage.kind.value} for stage in DEFAULT_STAGES]
EXAMPLE = {
    "programme_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000002",
    "name": "2027",
    "opens_at": "2026-11-01T00:00:00+07:00",
    "closes_at": "2027-02-01T00:00:00+07:00",
    "notice_version": "2026-1",
    "notice_url": "https://daftar.example/privacy",
    "stages": STAGES,
}

StageKey = Annotated[str, StringConstraints(min_length=1, max_length=STAGE_KEY_LENGTH, pattern=STAGE_KEY_PATTERN)]


class StageIn(RequestModel):
    """A stage of the selection."""

    model_config = example(STAGES[1])

    key: StageKey = Field(description="Key of the stage, unique within the intake.")
    name: ShortName
    kind: StageKind = Field(description="How statistics count the stage. It cannot be changed.")


Stages = Annotated[
    list[StageIn],
    Field(
        min_length=1,
        max_length=MAX_STAGES,
        description="All stages in order. The first stage, and no other, has the kind `registered`. At least one "
        "stage has the kind `accepted`.",
    ),
]


class IntakeCreate(RequestModel):
    """A new intake."""

    model_config = example(EXAMPLE)

    programme_id: UUID = Field(description="The programme of the intake.")
    name: Name
    opens_at: Timestamp = Field(description="Start of registration (inclusive).")
    closes_at: Timestamp = Field(description="End of registration (exclusive).")
    notice_version: ShortText = Field(description="Version of the privacy notice that candidates consent to.")
    notice_url: WebAddress = Field(description="URL of the privacy notice.")
    stages: Stages = Field([StageIn(key=stage.key, name=stage.name, kind=stage.kind) for stage in DEFAULT_STAGES])


class IntakeChange(RequestModel):
    """Fields to change. Omitted fields keep their values."""

    model_config = example({"closes_at": "2027-03-01T00:00:00+07:00"})

    name: Name | MISSING = MISSING
    opens_at: Timestamp | MISSING = MISSING
    closes_at: Timestamp | MISSING = MISSING
    notice_version: ShortText | MISSING = MISSING
    notice_url: WebAddress | MISSING = MISSING
    stages: Stages | MISSING = MISSING
