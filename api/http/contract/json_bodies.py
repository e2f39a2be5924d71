"""JSON bodies as RFC 8259 describes them: UTF-8, no NaN, and each name once in an object.

Python's reader takes the last of two values for one name and passes over the other without a word, and a reader of
another program may take the first.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NoReturn

from fastapi import Request
from starlette.exceptions import HTTPException

from campaigns.kit.errors import DomainError, FieldError, FieldPath, Invalid

# The most repeated names that one refusal lists, and how deep they are looked for; no body of the API is as deep.
MAX_NAMED, MAX_DEPTH = 20, 10


class RefusedBody(HTTPException):
    """Carries a refusal of the body through the framework, which turns any other error in its reading into a 400."""

    def __init__(self, reason: DomainError) -> None:
        super().__init__(422)
        self.reason = reason


class JsonRequest(Request):
    """A request whose `json()` raises RefusedBody for repeated names, and JSONDecodeError for what is not JSON."""

    async def json(self) -> Any:
        body = await self.body()
        try:
            return read_json(body)
        except Invalid as reason:
            raise RefusedBody(reason) from None


class _Repeating(dict[str, Any]):
    """An object in which names are repeated, with the last value of each."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]


def read_json(body: bytes) -> Any:
    """The value of a JSON text. A byte order mark, which programs on Windows write, is passed over.

    Raises JSONDecodeError for what is not JSON in UTF-8, has numbers of thousands of digits or is nested very deeply,
    and Invalid for names that an object has more than once.
    """
    met = False

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal met
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        met = True
        return _Repeating(pairs)

    try:
        read = json.loads(body.decode("utf-8-sig"), object_pairs_hook=as_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise json.JSONDecodeError("not JSON that can be read", "", 0) from error
    if met:
        # None of them is found where they are deeper, or in a value that was itself passed over.
        errors = tuple(islice(_repeated(read), MAX_NAMED)) or (FieldError((), "Give each name once only.", "repeated"),)
        raise Invalid("invalid-input", "The request has invalid fields.", errors)
    return read


def _refuse_constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _repeated(value: Any, path: FieldPath = ()) -> Iterator[FieldError]:
    """An error for each repeated name of the value at the path and of those inside it."""
    if isinstance(value, _Repeating):
        for name in value.repeated:
            yield FieldError((*path, name), "Give this name once only.", "repeated")
    if len(path) < MAX_DEPTH:
        inside: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
        for place, inner in inside:
            if isinstance(inner, dict | list):
                yield from _repeated(inner, (*path, place))
