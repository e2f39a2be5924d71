"""The errors the domain raises, and how several are collected before one is raised.

DomainError
├── NotFound            no such object, or one outside the caller's units
├── Forbidden           the caller may see it but not do this
├── Conflict            conflict with the current state of the object
├── Stale               the caller changed a version that is no longer current
├── Invalid             the input is wrong, with the path of each field at fault
│   └── InvalidFilter   a filter of a list is wrong; the paths begin with the filter's name
├── TooManyRequests     the caller asks for too much at a time; the same later is answered
└── Unavailable         a service that Jaring needs is unavailable; the caller can try again later
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


class Sentence(str):
    """A sentence for people with values in it, which can still be told in another language.

    `template` is the sentence with `{name}` where a value stands, `values` are those values. As a text it is the whole
    sentence in English.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, **values: object) -> "Sentence":
        self = super().__new__(cls, template.format(**values))
        self.template, self.values = template, values
        return self


# The names and positions that lead from the whole input to a value in it, such as ("stages", 0, "kind").
FieldPath = tuple[str | int, ...]


def json_pointer(path: FieldPath) -> str:
    """The JSON Pointer (RFC 6901) of the path, such as /stages/0/kind; the empty path gives the empty pointer."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with the value at `path` of the input; the empty path stands for the input as a whole."""

    path: FieldPath
    detail: str
    code: str = "invalid"


class DomainError(Exception):
    """A refusal with a stable `code` for machines and a `detail` sentence without personal data for people."""

    def __init__(self, code: str, detail: str, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.fields = fields


class NotFound(DomainError):
    def __init__(self, what: str, fields: tuple[FieldError, ...] = ()) -> None:
        super().__init__("not-found", Sentence("The {what} does not exist, or you may not see it.", what=what), fields)


class Forbidden(DomainError):
    pass


class Conflict(DomainError):
    pass


class Stale(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "stale-version", "The object has changed since you read it. Read it again and repeat the change."
        )


class Invalid(DomainError):
    pass


class InvalidFilter(Invalid):
    pass


class TooManyRequests(DomainError):
    """`retry_seconds` is after how long the same request is answered, as far as that is known."""

    def __init__(self, code: str, detail: str, *, retry_seconds: int | None = None) -> None:
        super().__init__(code, detail)
        self.retry_seconds = retry_seconds


class Unavailable(DomainError):
    pass


def invalid_field(path: FieldPath, detail: str, code: str = "invalid") -> Invalid:
    """An `Invalid` about one field."""
    return Invalid("invalid-input", "The request has an invalid field.", (FieldError(path, detail, code),))


def invalid_filter(name: str, detail: str, code: str) -> InvalidFilter:
    """An `InvalidFilter` about one filter."""
    refused = invalid_field((name,), detail, code)
    return InvalidFilter(refused.code, refused.detail, refused.fields)


@contextmanager
def raise_as_invalid_filter() -> Iterator[None]:
    """Raise an `Invalid` of the block as an `InvalidFilter`, for rules that fields and filters share."""
    try:
        yield
    except Invalid as refused:
        raise InvalidFilter(refused.code, refused.detail, refused.fields) from None


@contextmanager
def collect_errors(errors: list[FieldError]) -> Iterator[None]:
    """Add the fields of an `Invalid` raised in the block to `errors` and go on after the block.

    So one refusal can name everything that is wrong.
    """
    try:
        yield
    except Invalid as refused:
        errors.extend(refused.fields)


def raise_if_any(errors: Sequence[FieldError]) -> None:
    """Raise one `Invalid` with all the errors, if there are any."""
    if errors:
        raise Invalid("invalid-input", "The request has invalid fields.", tuple(errors))


def move_path(path: FieldPath, moves: Mapping[FieldPath, FieldPath]) -> FieldPath:
    """The path with its longest beginning that `moves` has replaced: {(0,): ("links", 4)} moves (0, "slug") there.

    A path of which `moves` has no beginning stays as it is.
    """
    for length in range(len(path), -1, -1):
        if path[:length] in moves:
            return moves[path[:length]] + path[length:]
    return path
