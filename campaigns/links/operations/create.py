"""Creating links for a person: named first, then stored; all of them or none."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.dry_run import RunMode
from campaigns.kit.errors import Conflict, FieldError, FieldPath, Invalid, move_path, raise_if_any
from campaigns.links.models import Link
from campaigns.links.operations.insert import insert_links
from campaigns.links.operations.name_links import name_links
from campaigns.links.operations.placement_context import PlacementContext, read_placement_context
from campaigns.links.types import LinkSpec
from campaigns.naming.types import NameIssue

Located = TypeVar("Located", FieldError, NameIssue)


@dataclass(frozen=True, slots=True)
class CreatedLinks:
    """The links that were made, and what was corrected in the names they were given.

    `skipped_rows` are the rows of a sheet that are links already.
    """

    links: list[Link]
    corrections: list[NameIssue]
    skipped_rows: Sequence[int] = ()


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
    context = await read_placement_context(
        session,
        principal,
        campaign_id=campaign_id,
        channel_ids=[spec.channel_id],
        mode=RunMode.REAL,
        timezone=timezone,
        now=now,
    )
    return await create_links(
        session, principal, context=context, specs=[spec], keep_names=keep_names, given_at={(0,): ()}
    )


async def create_links(
    session: AsyncSession,
    principal: Principal,
    *,
    context: PlacementContext,
    specs: Sequence[LinkSpec],
    keep_names: Collection[str],
    given_at: Mapping[FieldPath, FieldPath],
) -> CreatedLinks:
    """Make links of the context's campaign over its channels, in their order; each gets its names first.

    A term or content that is not given is made by the unit's template. One that is nearly one in use on this line of
    the unit's tree is refused (`near-double`), unless `keep_names` has it. Raises as `insert_links` does, with
    everything that is wrong in one Invalid; what is a Conflict there is one here if nothing else is wrong.

    `given_at` maps the position of a spec, such as (0,), and of those of its fields that stand elsewhere, such as
    (0, "channel_id"), to their paths in what the caller was given; errors and corrections have these paths.
    """
    named = await name_links(session, principal, context=context, specs=specs, keep_names=keep_names)
    errors = list(named.errors)
    try:
        links = await insert_links(
            session, principal, campaign_id=context.campaign.id, specs=named.specs, now=context.now
        )
    except Invalid as refused:
        errors += refused.fields
    except Conflict as refused:
        if not (errors and refused.fields):
            raise Conflict(refused.code, refused.detail, tuple(_moved(refused.fields, given_at))) from None
        errors += refused.fields
    raise_if_any(_each_once(_moved(errors, given_at)))
    return CreatedLinks(links, _each_once(_moved(named.corrections, given_at)))


def _moved(found: Iterable[Located], given_at: Mapping[FieldPath, FieldPath]) -> list[Located]:
    return [replace(one, path=move_path(one.path, given_at)) for one in found]


def _each_once(found: Iterable[Located]) -> list[Located]:
    """Without repetitions: many links can share a field, such as their destination."""
    return list(dict.fromkeys(found))
