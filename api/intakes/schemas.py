"""The public contract of intakes and their stages."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, Field, StringConstraints

from api.http.schemas import Address, In, Moment, Name, Out, ShortName, Word, example
from campaigns.planning.rules import DEFAULT_STAGES, MOST_STAGES, STAGE_KEY_LENGTH, STAGE_KEY_PATTERN
from campaigns.planning.types import StageKind

_STAGES = [{"key": stage.key, "name": stage.name, "kind": stage.kind.value} for stage in DEFAULT_STAGES]
_EXAMPLE = {
    "programme_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000002",
    "name": "2027",
    "opens_at": "2026-11-01T00:00:00+07:00",
    "closes_at": "2027-02-01T00:00:00+07:00",
    "notice_version": "2026-1",
    "notice_url": "https://daftar.example/privacy",
    "stages": _STAGES,
}

StageKey = Annotated[str, StringConstraints(min_length=1, max_length=STAGE_KEY_LENGTH, pattern=STAGE_KEY_PATTERN)]


class StageIn(In):
    """A step of the selection."""

    model_config = example(_STAGES[1])

    key: StageKey = Field(description="Its lasting name, unique in the intake.")
    name: ShortName
    kind: StageKind = Field(description="What figures count it as; cannot be changed.")


class StageOut(Out):
    """A step of the selection."""

    model_config = example(_STAGES[1])

    key: str
    name: str
    kind: StageKind


Stages = Annotated[
    list[StageIn],
    Field(
        min_length=1,
        max_length=MOST_STAGES,
        description="The stages in their order: first the only one of kind registered, and at least one accepted.",
    ),
]


class IntakeCreate(In):
    """A new intake."""

    model_config = example(_EXAMPLE)

    programme_id: UUID = Field(description="The programme it is a round of.")
    name: Name
    opens_at: Moment = Field(description="First moment of registration.")
    closes_at: Moment = Field(description="First moment after registration.")
    notice_version: Word = Field(description="Version of the privacy notice that candidates consent to.")
    notice_url: Address = Field(description="Where that notice can be read.")
    stages: Stages = Field([StageIn(key=stage.key, name=stage.name, kind=stage.kind) for stage in DEFAULT_STAGES])


class IntakeChange(In):
    """What to change; fields left out stay."""

    model_config = example({"closes_at": "2027-03-01T00:00:00+07:00"})

    name: Name | MISSING = MISSING
    opens_at: Moment | MISSING = MISSING
    closes_at: Moment | MISSING = MISSING
    notice_version: Word | MISSING = MISSING
    notice_url: Address | MISSING = MISSING
    stages: Stages | MISSING = MISSING


class IntakeOut(Out):
    """An intake."""

    model_config = example(
        {
            **_EXAMPLE,
            "id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000003",
            "state": "active",
            "created_at": "2026-10-20T02:00:00Z",
            "version": 1,
        }
    )

    id: UUID
    programme_id: UUID
    name: str
    opens_at: datetime
    closes_at: datetime
    notice_version: str
    notice_url: str
    stages: list[StageOut] = Field(description="In their order.")
    state: Literal["active", "closed"]
    created_at: datetime
    version: int = Field(description="Counts changes; also the ETag.")
