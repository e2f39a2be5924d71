"""Placing links: the unit's templates and the lint of names, then `creating`. Whoever makes links for a person does it
here; all or none, as there.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, literal, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.errors import Conflict, FieldError, Invalid, NotFound
from campaigns.kit.faults import refuse
from campaigns.links.models import Link
from campaigns.links.operations.creating import create_links
from campaigns.links.types import LinkSpec
from campaigns.planning.linting import Fault, mend, near_double, near_doubles
from campaigns.planning.models import Campaign, Channel, Unit
from campaigns.planning.queries import get_campaign, in_reach
from campaigns.planning.templates import Templates, effective_templates, fill_template, fold_filled

# Where in the request a field (such as `utm_content` or `tags/0`) of the spec at a position stands.
Locate = Callable[[int, str], str]


@dataclass(frozen=True, slots=True)
class Placed:
    """The links that were made, and what was mended in the names they were given."""

    links: list[Link]
    spelling: list[Fault]


@dataclass(frozen=True, slots=True)
class Scene:
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


async def read_scene(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    channel_ids: Collection[UUID],
    patterns: Collection[str] = (),
    timezone: ZoneInfo,
    now: datetime,
) -> Scene:
    """What links of the campaign over the channels are placed with; `patterns` are templates besides the unit's.

    Raises NotFound for a campaign or a channel that the caller may not use.
    """
    campaign = await get_campaign(session, principal, campaign_id=campaign_id)
    unit = await session.get_one(Unit, campaign.unit_id)
    wanted = select(Channel).where(col(Channel.id).in_(set(channel_ids)), col(Channel.unit_id).in_(in_reach(principal)))
    channels = {channel.id: channel for channel in (await session.exec(wanted)).all()}
    if set(channel_ids) - channels.keys():
        raise NotFound("channel")
    templates = await effective_templates(session, unit_id=unit.id)
    made = 0
    if any("{number}" in (text or "") for text in (templates.term, templates.content, *patterns)):
        made = (await session.exec(select(func.count()).where(col(Link.campaign_id) == campaign_id))).one()
    return Scene(campaign, unit, channels, templates, made, now.astimezone(timezone))


async def place_link(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    spec: LinkSpec,
    accept_names: Collection[str] = (),
    timezone: ZoneInfo,
    now: datetime,
) -> Placed:
    """Place one link; its refusals point at the fields of the spec itself."""
    scene = await read_scene(
        session, principal, campaign_id=campaign_id, channel_ids=[spec.channel_id], timezone=timezone, now=now
    )
    return await place_links(
        session,
        principal,
        scene=scene,
        specs=[spec],
        accept_names=accept_names,
        now=now,
        locate=lambda _, field: f"/{field}",
    )


async def place_links(
    session: AsyncSession,
    principal: Principal,
    *,
    scene: Scene,
    specs: Sequence[LinkSpec],
    accept_names: Collection[str],
    now: datetime,
    locate: Locate,
) -> Placed:
    """Make links of the scene's campaign over its channels, in their order, with their names linted.

    A term or content that is nearly one in use on this line of the unit's tree is refused (`near-double`), unless
    `accept_names` has it. One that is not given is made by the unit's template. Raises as `create_links` does, with
    everything that is wrong in one Invalid.
    """
    known = {field: await _names_in_use(session, principal, scene.unit, field, specs) for field in _LINTED}
    mended, spelling = _mended(specs, known, locate)
    accepted = {mend(name, pointer="")[0] for name in accept_names}
    faults = [fault.as_error() for fault in _find_doubles(mended, known, accepted, locate)]
    filled = [_filled(scene, place, spec) for place, spec in enumerate(mended)]
    try:
        links = await create_links(
            session, principal, campaign_id=scene.campaign.id, specs=filled, now=now, pointer=str
        )
    except Invalid as refused:
        faults += _located(refused.fields, locate)
    except Conflict as refused:
        raise Conflict(refused.code, refused.detail, tuple(_located(refused.fields, locate))) from None
    # A field that many links share, such as their destination, is told of once.
    refuse(list(dict.fromkeys(faults)))
    return Placed(links, spelling)


@asynccontextmanager
async def only_tried(session: AsyncSession) -> AsyncIterator[None]:
    """Whatever is written inside is checked by the database as ever and is gone afterwards: a dry run."""
    savepoint = await session.begin_nested()
    try:
        yield
    finally:
        await savepoint.rollback()


_LINTED = {"utm_term": Link.utm_term, "utm_content": Link.utm_content}


async def _names_in_use(
    session: AsyncSession, principal: Principal, unit: Unit, field: str, specs: Sequence[LinkSpec]
) -> set[str]:
    """The terms or contents of the unit, of those below it, and of those above it that the caller sees."""
    if all(getattr(spec, field) is None for spec in specs):
        return set()
    column: Any = col(_LINTED[field])
    statement = (
        select(column)
        .distinct()
        .join(Campaign, col(Campaign.id) == Link.campaign_id)
        .join(Unit, col(Unit.id) == Campaign.unit_id)
        .where(
            col(Unit.path).startswith(principal.unit_path),
            or_(col(Unit.path).startswith(unit.path), literal(unit.path).startswith(col(Unit.path))),
            column.is_not(None),
        )
    )
    return set((await session.exec(statement)).all())


def _mended(
    specs: Sequence[LinkSpec], known: Mapping[str, set[str]], locate: Locate
) -> tuple[list[LinkSpec], list[Fault]]:
    """The specs with their names in the one spelling, and what was mended."""
    mended, spelling = [], dict[Fault, None]()
    for place, spec in enumerate(specs):
        names: dict[str, Any] = {}
        for field in _LINTED:
            if (given := getattr(spec, field)) is None:
                continue
            names[field], faults = mend(given, pointer=locate(place, field), known=known[field])
            spelling |= dict.fromkeys(faults)
        mended.append(replace(spec, **names) if names else spec)
    return mended, list(spelling)


def _find_doubles(
    specs: Sequence[LinkSpec], known: Mapping[str, set[str]], accepted: set[str], locate: Locate
) -> list[Fault]:
    found = dict[Fault, None]()
    for field in _LINTED:
        names = [getattr(spec, field) for spec in specs]
        doubles = near_doubles([name for name in names if name is not None], known[field])
        found |= {
            near_double(locate(place, field), name, doubles[name]): None
            for place, name in enumerate(names)
            if name in doubles and name not in accepted
        }
    return list(found)


def _filled(scene: Scene, place: int, spec: LinkSpec) -> LinkSpec:
    """The spec with a content and a term by the unit's templates where none was given."""
    content, term = spec.utm_content, spec.utm_term
    if content is None and scene.templates.content is not None:
        values = scene.values(place, channel_id=spec.channel_id, content=None, name=spec.name)
        content = fold_filled(fill_template(scene.templates.content, values))
    if term is None and scene.templates.term is not None:
        values = scene.values(place, channel_id=spec.channel_id, content=content, name=spec.name)
        term = fold_filled(fill_template(scene.templates.term, values))
    return replace(spec, utm_content=content, utm_term=term)


def _located(fields: Sequence[FieldError], locate: Locate) -> list[FieldError]:
    """The faults that `create_links` found, whose pointers are `<place>/<field>`, where they stand in the request."""
    located = []
    for fault in fields:
        place, _, field = fault.pointer.partition("/")
        located.append(replace(fault, pointer=locate(int(place), field)))
    return located
