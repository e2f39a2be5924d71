"""Placing links: the unit's templates and the lint of names, then `creating`. Whoever makes links for a person does it
here; all or none, as there.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.errors import Conflict, FieldError, FieldPath, Invalid, move_path, raise_if_any
from campaigns.links.models import Link
from campaigns.links.operations.insert import insert_links
from campaigns.links.operations.names_in_use import CHECKED_FIELDS, NamesInUse, normalize_names
from campaigns.links.types import LinkSpec
from campaigns.naming.similar_names import NameIssue, find_near_duplicates, near_duplicate, normalize_name
from campaigns.naming.templates import Templates, fill_template, fold_filled
from campaigns.planning.models import Campaign, Channel, Unit
from campaigns.planning.queries import effective_templates, get_campaign, get_channels

Located = TypeVar("Located", FieldError, NameIssue)


@dataclass(frozen=True, slots=True)
class CreatedLinks:
    """The links that were made, and what was mended in the names they were given.

    `skipped_rows` are the rows of a sheet that are links there are already.
    """

    links: list[Link]
    corrections: list[NameIssue]
    skipped_rows: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class PlacementContext:
    """A campaign with all that templates are filled from; `made` is how many links it has, if anybody asks."""

    campaign: Campaign
    unit: Unit
    channels: Mapping[UUID, Channel]
    templates: Templates
    made: int
    today: datetime

    def values(self, place: int, *, channel_id: UUID, content: str | None, name: str) -> dict[str, str]:
        """What the placeholders stand for in the link at this place of the request."""
        channel = self.channels[channel_id]
        return {
            "source": channel.source,
            "medium": channel.medium,
            "campaign": self.campaign.slug,
            "unit": self.unit.code,
            "content": content or "",
            "name": name,
            "date": self.today.strftime("%Y-%m-%d"),
            "month": self.today.strftime("%Y-%m"),
            "number": str(self.made + place + 1),
        }


async def read_placement_context(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    channel_ids: Collection[UUID],
    patterns: Collection[str] = (),
    timezone: ZoneInfo,
    now: datetime,
) -> PlacementContext:
    """What links of the campaign over the channels are placed with; `patterns` are templates besides the unit's.

    Raises NotFound for a campaign or a channel that the caller may not use.
    """
    campaign = await get_campaign(session, principal, campaign_id=campaign_id)
    unit = await session.get_one(Unit, campaign.unit_id)
    channels = await get_channels(session, principal, channel_ids=channel_ids)
    templates = await effective_templates(session, unit_id=unit.id)
    made = 0
    if any("{number}" in (text or "") for text in (templates.term, templates.content, *patterns)):
        made = (await session.exec(select(func.count()).where(col(Link.campaign_id) == campaign_id))).one()
    return PlacementContext(campaign, unit, channels, templates, made, now.astimezone(timezone))


async def create_link(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    spec: LinkSpec,
    keep_names: Collection[str] = (),
    timezone: ZoneInfo,
    now: datetime,
) -> CreatedLinks:
    """Make one link; raises as `create_links` does, with the paths of the spec's own fields."""
    scene = await read_placement_context(
        session, principal, campaign_id=campaign_id, channel_ids=[spec.channel_id], timezone=timezone, now=now
    )
    return await create_links(
        session,
        principal,
        scene=scene,
        specs=[spec],
        keep_names=keep_names,
        now=now,
        given_at={(0,): ()},
    )


async def create_links(
    session: AsyncSession,
    principal: Principal,
    *,
    scene: PlacementContext,
    specs: Sequence[LinkSpec],
    keep_names: Collection[str],
    now: datetime,
    given_at: Mapping[FieldPath, FieldPath],
) -> CreatedLinks:
    """Make links of the scene's campaign over its channels, in their order, with their names linted.

    A term or content that is not given is made by the unit's template. One that is nearly one in use on this line of
    the unit's tree is refused (`near-double`), unless `keep_names` has it. Raises as `insert_links` does, with
    everything that is wrong in one Invalid; what is a Conflict there is one here if nothing else is wrong.
    `given_at` maps the position of a spec, such as (0,), and of those of its fields that stand elsewhere, such as
    (0, "channel_id"), to their paths in what the caller was given; errors and corrections have these paths.
    """

    def spelled(known: NamesInUse) -> NamesInUse:
        named, _ = _named(scene, specs, known)
        return {field: {getattr(spec, field) for spec in named} - {None} for field in CHECKED_FIELDS}

    fields = [field for field in CHECKED_FIELDS if _has_names(scene, specs, field)]
    given = {field: {name for spec in specs if (name := getattr(spec, field)) is not None} for field in fields}
    known = await normalize_names(session, principal, unit=scene.unit, given=given, spelled=spelled)
    named, corrections = _named(scene, specs, known)
    errors = [
        fault.as_error() for field in fields for fault in _doubles(scene, specs, named, field, known[field], keep_names)
    ]
    try:
        links = await insert_links(session, principal, campaign_id=scene.campaign.id, specs=named, now=now)
    except Invalid as refused:
        errors += refused.fields
    except Conflict as refused:
        if not (errors and refused.fields):
            raise Conflict(refused.code, refused.detail, tuple(_moved(refused.fields, given_at))) from None
        errors += refused.fields
    raise_if_any(_each_once(_moved(errors, given_at)))
    return CreatedLinks(links, _each_once(_moved(corrections, given_at)))


def _has_names(scene: PlacementContext, specs: Sequence[LinkSpec], field: str) -> bool:
    """Whether any of the links will have a name in the field."""
    return scene.templates.of(field) is not None or any(getattr(spec, field) is not None for spec in specs)


def _named(
    scene: PlacementContext, specs: Sequence[LinkSpec], known: NamesInUse
) -> tuple[list[LinkSpec], list[NameIssue]]:
    """The specs with their names in the one spelling or by the unit's templates, and what was mended."""
    named, corrections = [], list[NameIssue]()
    for place, spec in enumerate(specs):
        names: dict[str, Any] = {}
        for field in CHECKED_FIELDS:
            if (given := getattr(spec, field)) is not None:
                names[field], faults = normalize_name(given, path=(place, field), known=known[field])
                corrections += faults
        named.append(_filled(scene, place, replace(spec, **names)))
    return named, corrections


def _filled(scene: PlacementContext, place: int, spec: LinkSpec) -> LinkSpec:
    """The spec with a content and a term by the unit's templates where none was given."""
    content, term = spec.utm_content, spec.utm_term
    if content is None and scene.templates.content is not None:
        values = scene.values(place, channel_id=spec.channel_id, content=None, name=spec.name)
        content = fold_filled(fill_template(scene.templates.content, values))
    if term is None and scene.templates.term is not None:
        values = scene.values(place, channel_id=spec.channel_id, content=content, name=spec.name)
        term = fold_filled(fill_template(scene.templates.term, values))
    return replace(spec, utm_content=content, utm_term=term)


def _doubles(
    scene: PlacementContext,
    specs: Sequence[LinkSpec],
    named: Sequence[LinkSpec],
    field: str,
    known: Collection[str],
    keep_names: Collection[str],
) -> list[NameIssue]:
    """The near-doubles among the field's names; of those that a template made it is told where they come from."""
    names = [getattr(spec, field) for spec in named]
    doubles = find_near_duplicates([name for name in names if name is not None], known, keep_names)
    faults = []
    for place, name in enumerate(names):
        if name in doubles:
            sent = _sent_field(scene, specs[place], field)
            fault = near_duplicate((place, sent), name, doubles[name])
            if sent != field:
                what = field.removeprefix("utm_")
                fault = replace(fault, detail=f"The unit's template makes this {what} of it: {fault.detail}")
            faults.append(fault)
    return faults


def _sent_field(scene: PlacementContext, spec: LinkSpec, field: str) -> str:
    """The field that somebody sent from which the name in this one comes: itself, or what the template takes up."""
    if getattr(spec, field) is not None:
        return field
    template = scene.templates.of(field) or ""
    if "{content}" in template and _has_names(scene, [spec], "utm_content"):
        return _sent_field(scene, spec, "utm_content")
    if "{name}" not in template and ("{source}" in template or "{medium}" in template):
        return "channel_id"
    return "name"


def _moved(found: Iterable[Located], given_at: Mapping[FieldPath, FieldPath]) -> list[Located]:
    return [replace(one, path=move_path(one.path, given_at)) for one in found]


def _each_once(found: Iterable[Located]) -> list[Located]:
    """Without repetitions: many links can share a field, such as their destination."""
    return list(dict.fromkeys(found))
