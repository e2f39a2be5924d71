"""Naming new links: terms and contents in their normal form or by the unit's templates, and no near-duplicates."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.errors import FieldError
from campaigns.links.operations.names_in_use import (
    CHECKED_FIELDS,
    Names,
    find_names_in_use,
    has_new_name,
    lock_names_in_use,
)
from campaigns.links.operations.placement_context import PlacementContext
from campaigns.links.types import LinkSpec
from campaigns.naming.normal_form import TypedName, parse_typed_name
from campaigns.naming.similar_names import find_near_duplicates, near_duplicate
from campaigns.naming.templates import fill_template, fold_filled
from campaigns.naming.types import NameIssue


@dataclass(frozen=True, slots=True)
class NamedLinks:
    """The specs with their names, what was corrected in them, and the near-duplicates that nobody confirmed.

    The paths of corrections and errors begin with the position of the spec.
    """

    specs: Sequence[LinkSpec]
    corrections: Sequence[NameIssue]
    errors: Sequence[FieldError]


async def name_links(
    session: AsyncSession,
    principal: Principal,
    *,
    context: PlacementContext,
    specs: Sequence[LinkSpec],
    keep_names: Collection[str],
) -> NamedLinks:
    """Give the links their terms and contents.

    If none of the names is new, no others are read; if one is, it is compared with all names in use, to which no other
    transaction adds before this one ends.
    """
    fields = [field for field in CHECKED_FIELDS if _has_names(context, specs, field)]
    typed = {
        text: parse_typed_name(text) for spec in specs for field in fields if (text := getattr(spec, field)) is not None
    }
    in_use = await find_names_in_use(
        session, principal, unit=context.unit, names=_possible_names(context, specs, typed, fields)
    )
    named = _with_names(context, specs, typed, in_use)
    if has_new_name(_names_of(named, fields), in_use):
        in_use = await lock_names_in_use(session, principal, unit=context.unit, fields=fields, mode=context.mode)
        named = _with_names(context, specs, typed, in_use)
    return NamedLinks(
        specs=named,
        corrections=[
            issue
            for place, spec in enumerate(specs)
            for field in fields
            if (text := getattr(spec, field)) is not None
            for issue in typed[text].corrections(getattr(named[place], field), path=(place, field))
        ],
        errors=[
            issue.as_error()
            for field in fields
            for issue in _near_duplicates(context, specs, named, field, in_use[field], keep_names)
        ],
    )


def _has_names(context: PlacementContext, specs: Sequence[LinkSpec], field: str) -> bool:
    """Whether any of the links will have a name in the field."""
    return context.templates.of(field) is not None or any(getattr(spec, field) is not None for spec in specs)


def _possible_names(
    context: PlacementContext, specs: Sequence[LinkSpec], typed: Mapping[str, TypedName], fields: Sequence[str]
) -> Names:
    """What the names can become: both forms of those that were typed, and what templates make."""
    nothing_known: Names = dict.fromkeys(fields, ())
    names = _names_of(_with_names(context, specs, typed, nothing_known), fields)
    return {
        field: {*names[field], *(typed[text].lower for spec in specs if (text := getattr(spec, field)) is not None)}
        for field in fields
    }


def _names_of(specs: Sequence[LinkSpec], fields: Sequence[str]) -> dict[str, set[str]]:
    return {field: {name for spec in specs if (name := getattr(spec, field)) is not None} for field in fields}


def _with_names(
    context: PlacementContext, specs: Sequence[LinkSpec], typed: Mapping[str, TypedName], in_use: Names
) -> list[LinkSpec]:
    """The specs with the names to use, given those in use."""
    named = []
    for place, spec in enumerate(specs):
        forms: dict[str, Any] = {
            field: typed[text].form(in_use[field]) for field in in_use if (text := getattr(spec, field)) is not None
        }
        named.append(_filled(context, place, replace(spec, **forms)))
    return named


def _filled(context: PlacementContext, place: int, spec: LinkSpec) -> LinkSpec:
    """The spec with a content and a term by the unit's templates where none was given."""
    content, term = spec.utm_content, spec.utm_term
    if content is None and context.templates.content is not None:
        values = context.values(place, channel_id=spec.channel_id, content=None, name=spec.name)
        content = fold_filled(fill_template(context.templates.content, values))
    if term is None and context.templates.term is not None:
        values = context.values(place, channel_id=spec.channel_id, content=content, name=spec.name)
        term = fold_filled(fill_template(context.templates.term, values))
    return replace(spec, utm_content=content, utm_term=term)


def _near_duplicates(
    context: PlacementContext,
    specs: Sequence[LinkSpec],
    named: Sequence[LinkSpec],
    field: str,
    in_use: Collection[str],
    keep_names: Collection[str],
) -> Iterator[NameIssue]:
    """The near-duplicates among the field's names; one that a template made is reported at the field it came from."""
    names = [getattr(spec, field) for spec in named]
    found = find_near_duplicates([name for name in names if name is not None], in_use, keep_names)
    for place, name in enumerate(names):
        if name in found:
            origin = _given_field(context, specs[place], field)
            issue = near_duplicate((place, origin), name, found[name])
            if origin != field:
                what = field.removeprefix("utm_")
                issue = replace(issue, detail=f"The unit's template makes this {what} of it: {issue.detail}")
            yield issue


def _given_field(context: PlacementContext, spec: LinkSpec, field: str) -> str:
    """The field that was given from which the name in this one comes: itself, or one that the template contains."""
    if getattr(spec, field) is not None:
        return field
    template = context.templates.of(field) or ""
    if "{content}" in template and _has_names(context, [spec], "utm_content"):
        return _given_field(context, spec, "utm_content")
    if "{name}" not in template and ("{source}" in template or "{medium}" in template):
        return "channel_id"
    return "name"
