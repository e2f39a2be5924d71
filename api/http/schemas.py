"""Base classes and scalar types of request and response models.

`RequestModel` rejects unknown fields. `ResponseModel` has no defaults, so that every field is required in the OpenAPI
document. Text types reject control characters: PostgreSQL cannot store NUL, and names do not need the others.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from campaigns.kit.times import FIRST_YEAR, LAST_YEAR

T = TypeVar("T")
Changes = TypeVar("Changes")
D = TypeVar("D", bound=date)

# RFC 3339, with what people leave out of it; `blank` is a plus that a query string turned into a space.
_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}(?P<clock>[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?"
    r"([Zz]|[+-]\d{2}:?\d{2}|(?P<blank> \d{2}:?\d{2}))?)?"
)

# Unknown fields of one object that are named one by one.
MAX_UNKNOWN_FIELDS = 20

PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f]+$"


class RequestModel(BaseModel):
    """Base of request bodies."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _few_fields(cls, given: Any) -> Any:
        """Refuse an object with very many fields as a whole, before each unknown one becomes an error of its own."""
        if isinstance(given, dict) and len(given) > len(cls.model_fields) + MAX_UNKNOWN_FIELDS:
            counts = {"given": len(given), "known": len(cls.model_fields)}
            raise PydanticCustomError("too_many_fields", "too many fields", counts)
        return given


def example(value: dict[str, Any]) -> ConfigDict:
    """The model configuration with `value` as example; other settings are inherited from the base class."""
    return ConfigDict(json_schema_extra={"examples": [value]})


def example_of(model: type[BaseModel]) -> Any:
    """The example of a model, for use in another model's example."""
    extra = model.model_config["json_schema_extra"]
    return extra["examples"][0]  # type: ignore[index]


class ResponseModel(BaseModel):
    """Base of responses; made from domain objects by attribute."""

    model_config = ConfigDict(from_attributes=True)


class ListPage(ResponseModel, Generic[T]):
    """A page of a list."""

    items: list[T]
    next_cursor: str | None = Field(description="Send it as `cursor` to get the next page. Null on the last page.")


def changes_of(body: RequestModel, _kind: type[Changes]) -> Changes:
    """The changes in a body, as the domain's dictionary; without omitted fields (MISSING) and `keep_names`."""
    return cast(Changes, body.model_dump(exclude={"keep_names"}))


def near_present(value: D) -> D:
    """The day or time; raises an error for a year that nobody means."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        years = {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise PydanticCustomError("year_out_of_range", "The year must be between {first} and {last}.", years)
    return value


def _written_as_time(value: object) -> object:
    """The text of a time; raises an error that names the cause where a usual slip is recognised."""
    if not isinstance(value, str) or not (text := _TIME.fullmatch(value.strip())):
        raise PydanticCustomError("datetime_parsing", "not a time")
    if text["clock"] is None:
        raise PydanticCustomError("time_missing", "a day without a time")
    if text["blank"] is not None:
        raise PydanticCustomError("plus_not_encoded", "a plus that arrived as a space")
    return value


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=PRINTABLE)]
ShortName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=PRINTABLE)]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=50, pattern=PRINTABLE)]
SearchText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=100, pattern=PRINTABLE)]
WebAddress = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2048)]
Timestamp = Annotated[
    AwareDatetime, BeforeValidator(_written_as_time), AfterValidator(near_present), AfterValidator(_in_utc)
]
# Keys of their own that clients make, in printable ASCII.
IdempotencyKey = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern="^[ -~]+$")]
