"""Fields of the public contract that several resources share: names, slugs, previews, and corrections of names."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, StringConstraints

from api.http.schemas import PRINTABLE, ResponseModel, example
from campaigns.kit.errors import json_pointer
from campaigns.naming.types import NameIssue, NameIssueKind
from campaigns.naming.utm import SLUG_LENGTH, SLUG_PATTERN, UTM_NAME_LENGTH
from campaigns.planning.rules import PREVIEW_DESCRIPTION_LENGTH, PREVIEW_TITLE_LENGTH

Slug = Annotated[str, StringConstraints(min_length=1, max_length=SLUG_LENGTH, pattern=SLUG_PATTERN)]
PreviewTitle = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PREVIEW_TITLE_LENGTH, pattern=PRINTABLE),
]
PreviewDescription = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PREVIEW_DESCRIPTION_LENGTH, pattern=PRINTABLE),
]
# Folded to lower case and checked by the domain, which can then say what is wrong with it.
UtmName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=UTM_NAME_LENGTH)]


class CorrectionOut(ResponseModel):
    """A correction of a name in the request."""

    model_config = example(
        {
            "pointer": "/utm_content",
            "kind": "spaces",
            "given": "Story 1",
            "suggestion": "story-1",
            "detail": "Spaces were replaced by hyphens: story-1.",
        }
    )

    pointer: str = Field(description="JSON Pointer to the name in the request.")
    kind: NameIssueKind
    given: str
    suggestion: str | None = Field(description="The corrected name.")
    detail: str


def correction_out(corrections: Iterable[NameIssue]) -> list[CorrectionOut]:
    """The corrections as response models."""
    return [
        CorrectionOut(
            pointer=json_pointer(issue.path),
            kind=issue.kind,
            given=issue.given,
            suggestion=issue.suggestion,
            detail=issue.detail,
        )
        for issue in corrections
    ]
