"""Bases and scalars of the public contract.

`RequestModel` refuses unknown fields. `ResponseModel` has no defaults, so that every field is required in the document.
Texts refuse control characters: PostgreSQL cannot hold NUL, and nothing that people name needs the others.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from api.http.json_pointer import json_pointer
from campaigns.naming.types import NameIssue, NameIssueKind
from campaigns.naming.utm import SLUG_LENGTH, SLUG_PATTERN, UTM_NAME_LENGTH
from campaigns.planning.rules import PREVIEW_DESCRIPTION_LENGTH, PREVIEW_TITLE_LENGTH

T = TypeVar("T")
Changes = TypeVar("Changes")

_PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f]+$"


class RequestModel(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid")


def example(value: dict[str, Any]) -> ConfigDict:
    """The configuration that shows `value` as a model's example; other settings come from the base."""
    return ConfigDict(json_schema_extra={"examples": [value]})


def example_of(model: type[BaseModel]) -> Any:
    """The example of a model, to be part of another's."""
    extra = model.model_config["json_schema_extra"]
    return extra["examples"][0]  # type: ignore[index]


class ResponseModel(BaseModel):
    """Base of responses; made from domain objects by attribute."""

    model_config = ConfigDict(from_attributes=True)


class ListPage(ResponseModel, Generic[T]):
    """A page of a list, newest first."""

    items: list[T]
    next_cursor: str | None = Field(description="Pass as `cursor` for the next page; null on the last.")


def changes_of(body: RequestModel, _kind: type[Changes]) -> Changes:
    """What a change body sets, as the domain's dictionary of changes; fields left out (MISSING) are not in it.

    Nor are names that are only confirmed (`keep_names`).
    """
    return cast(Changes, body.model_dump(exclude={"keep_names"}))


class CorrectionOut(ResponseModel):
    """What was mended in a name."""

    model_config = example(
        {
            "pointer": "/utm_content",
            "kind": "spaces",
            "given": "Story 1",
            "suggestion": "story-1",
            "detail": "Names have hyphens instead of spaces: story-1.",
        }
    )

    pointer: str = Field(description="Where the name stands in the request.")
    kind: NameIssueKind
    given: str
    suggestion: str | None = Field(description="The spelling that is kept.")
    detail: str


def _near_present(value: datetime) -> datetime:
    if not 2000 <= value.year <= 2100:
        raise ValueError("the year must be between 2000 and 2100")
    return value.astimezone(UTC)


def correction_out(mended: Iterable[NameIssue]) -> list[CorrectionOut]:
    """What the lint mended, as the API shows it."""
    return [
        CorrectionOut(
            pointer=json_pointer(issue.path),
            kind=issue.kind,
            given=issue.given,
            suggestion=issue.suggestion,
            detail=issue.detail,
        )
        for issue in mended
    ]


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_PRINTABLE)]
ShortName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=_PRINTABLE)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50, pattern=_PRINTABLE)]
SearchText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100, pattern=_PRINTABLE)]
WebAddress = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2048)]
Slug = Annotated[str, StringConstraints(min_length=1, max_length=SLUG_LENGTH, pattern=SLUG_PATTERN)]
PreviewTitle = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PREVIEW_TITLE_LENGTH, pattern=_PRINTABLE),
]
PreviewDescription = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=PREVIEW_DESCRIPTION_LENGTH, pattern=_PRINTABLE),
]
# Folded to lower case and checked by the domain, which can then say what is wrong with it.
UtmName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=UTM_NAME_LENGTH)]
Timestamp = Annotated[AwareDatetime, AfterValidator(_near_present)]
