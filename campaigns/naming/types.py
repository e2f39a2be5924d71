"""Words of naming: what is wrong with a name, and a written row with what was corrected in its names."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from campaigns.kit.errors import FieldError, FieldPath

Row = TypeVar("Row")


class NameIssueKind(StrEnum):
    MIXED_CASE = "mixed_case"
    SPACES = "spaces"
    UNDERSCORE = "underscore"
    NEAR_DUPLICATE = "near_double"
    UNKNOWN_SOURCE = "unknown_source"


@dataclass(frozen=True, slots=True)
class NameIssue:
    """One fault of the name at `path` of the input; `suggestion` is the name to use, if known."""

    path: FieldPath
    kind: NameIssueKind
    given: str
    suggestion: str | None
    detail: str

    def as_error(self) -> FieldError:
        """The issue as one field of a refusal."""
        return FieldError(self.path, self.detail, self.kind.value.replace("_", "-"))


@dataclass(frozen=True, slots=True)
class Written(Generic[Row]):
    """A row that was made or changed, and what was corrected in the names it was given."""

    row: Row
    corrections: Sequence[NameIssue]
