"""Unknown and repeated parameters are refused: a misspelt filter would otherwise answer with everything.

What a route takes is read from its signature, so that no list is kept by hand.
"""

import types
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Any, Union, get_args, get_origin

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.security.base import SecurityBase
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from api.http.problems import InvalidParameter
from campaigns.kit.errors import FieldError, Sentence

# The most parameters that one refusal names; each is compared with the known names.
MAX_NAMED = 20
# Headers of every request that may come once only, besides those that a route declares.
ONCE = frozenset({"authorization", "content-type", "if-match", "if-none-match"})


@dataclass(frozen=True, slots=True)
class Taken:
    """What a route takes: query parameters by name, with whether they may be repeated, and headers by name."""

    query: Mapping[str, bool]
    headers: frozenset[str]


def taken_by(dependant: Dependant) -> Taken:
    """The query parameters and headers of a route and of everything it depends on."""
    query: dict[str, bool] = {}
    headers = set(ONCE)
    for part in _parts(dependant):
        for field in part.query_params:
            query |= _query_names(field.alias, field.field_info)
        headers |= {field.alias.lower() for field in part.header_params}
        scheme = part.call
        if isinstance(scheme, SecurityBase) and (name := getattr(scheme.model, "name", None)):
            headers.add(str(name).lower())
    return Taken(query, frozenset(headers))


def refuse_unknown(request: Request, taken: Taken) -> None:
    """Raise InvalidParameter for parameters that the route does not take, and for those given more than once."""
    errors = list(islice(_faults(request, taken), MAX_NAMED))
    if errors:
        raise InvalidParameter("invalid-input", "The request has invalid fields.", tuple(errors))


def _faults(request: Request, taken: Taken) -> Iterator[FieldError]:
    given = Counter(name for name, _ in request.query_params.multi_items()) if request.url.query else {}
    for name, times in given.items():
        if name not in taken.query:
            yield FieldError((name,), _advice(name, taken.query), "unknown-parameter")
        elif times > 1 and not taken.query[name]:
            yield FieldError((name,), "Give this parameter once only.", "repeated")
    sent = Counter(name for name, _ in request.headers.items())
    for name in sorted(taken.headers):
        if sent.get(name, 0) > 1:
            yield FieldError((name,), "Send this header once only.", "repeated")


def _advice(name: str, known: Mapping[str, bool]) -> Sentence:
    folded = name[:100].lower().replace("-", "_")
    near = get_close_matches(folded, known, n=1, cutoff=0.6)
    if near:
        return Sentence("This operation has no such parameter. Did you mean `{near}`?", near=near[0])
    if known:
        return Sentence("This operation has no such parameter. It takes: {known}.", known=", ".join(sorted(known)))
    return Sentence("This operation takes no query parameters.")


def _parts(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for below in dependant.dependencies:
        yield from _parts(below)


def _query_names(alias: str, field: FieldInfo) -> dict[str, bool]:
    """The names that one declared query parameter stands for; a model stands for its fields."""
    model = field.annotation
    if isinstance(model, type) and issubclass(model, BaseModel):
        return {inner.alias or name: _is_list(inner.annotation) for name, inner in model.model_fields.items()}
    return {alias: _is_list(field.annotation)}


def _is_list(annotation: Any) -> bool:
    """Whether a list, or a list or none, is asked for."""
    if get_origin(annotation) in (Union, types.UnionType):
        return any(_is_list(choice) for choice in get_args(annotation))
    return annotation is list or get_origin(annotation) is list
