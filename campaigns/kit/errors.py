"""The errors the domain raises; `api/http/problems.py` is the one place that turns them into HTTP.

DomainError
├── NotFound      no such object, or one outside the caller's units
├── Forbidden     the caller may see it but not do this
├── Conflict      the state of things forbids it
├── Stale         the caller changed a version that is no longer current
├── Invalid       the input is wrong, with pointers to the fields
└── Unavailable   a part Jaring needs does not answer now; trying again is right
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `pointer` is an RFC 6901 JSON Pointer into the request body."""

    pointer: str
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
    def __init__(self, what: str) -> None:
        super().__init__("not-found", f"There is no such {what}, or you may not see it.")


class Forbidden(DomainError):
    pass


class Conflict(DomainError):
    pass


class Stale(DomainError):
    def __init__(self) -> None:
        super().__init__(
            "stale-version", "The object changed since you read it; read it again, then repeat the change."
        )


class Invalid(DomainError):
    pass


class Unavailable(DomainError):
    pass


def invalid_field(pointer: str, detail: str, code: str = "invalid") -> Invalid:
    """An `Invalid` about one field."""
    return Invalid(
        "invalid-input", "The request has a field that cannot be accepted.", (FieldError(pointer, detail, code),)
    )
