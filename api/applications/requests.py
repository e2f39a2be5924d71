"""The public contract of recruiters' work with applications; personal fields are null once a person was erased."""

from typing import Annotated

from pydantic import Field, StringConstraints

from api.http.schemas import RequestModel, example
from campaigns.applicants.types import DuplicateState
from campaigns.planning.rules import STAGE_KEY_LENGTH

# Line breaks make a reason readable; no other control character belongs there.
_LINES = r"^([^\u0000-\u001f\u007f-\u009f]|\r?\n)+$"


class DuplicateChange(RequestModel):
    """The judgement of a proposed duplicate."""

    model_config = example({"state": "dismissed"})

    state: DuplicateState = Field(
        description="`dismissed`: the applications are those of two persons. `proposed`: they may be those of one."
    )


class Move(RequestModel):
    """The new stage of an application, and the reason for the move."""

    model_config = example({"stage": "verified", "reason": "Documents seen at the counter."})

    stage: Annotated[str, StringConstraints(min_length=1, max_length=STAGE_KEY_LENGTH)] = Field(
        description="Key of another stage of the intake."
    )
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=_LINES)] = (
        Field(description="Stored encrypted in the history of the application.")
    )
