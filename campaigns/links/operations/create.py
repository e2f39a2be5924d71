"""Create links: set their terms and contents, then insert them; all or none."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.dry_run import RunMode
from campaigns.kit.errors import Conflict, FieldError, FieldPath, Invalid, NotFound, move_path, raise_if_any
from campaigns.links.models import Link
from campaigns.links.operations.insert import insert_links
from campaigns.links.operations.name_links import name_links
from campaigns.links.operations.placement_context import PlacementContext, read_placement_context
from campaigns.links.types import LinkSpec
from campaigns.naming.types import NameIssue

Located = TypeVar("Located", FieldError, NameIssue)


@dataclass(frozen=True, slots=True)
class CreatedLinks:
    """The new links, and the corrections made in their names.

    `skipped_rows` are the numbers of a sheet's rows that are links already.
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
    """Create one link; raises as `create_links`, with field names of the spec as error paths."""
    with channels_at({spec.channel_id: ("channel_id",)}):
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
        session, principal, context=context, specs=[spec], keep_names=keep_names, input_paths={(0,): ()}
    )


@contextmanager
def channels_at(places: Mapping[UUID, FieldPath]) -> Iterator[None]:
    """Let a NotFound of the block name each channel that is missing by its place in the caller's input."""
    try:
        yield
    except NotFound as missing:
        moves: dict[FieldPath, FieldPath] = {(str(channel),): path for channel, path in places.items()}
        missing.fields = tuple(_moved(missing.fields, moves))
        raise


async def create_links(
    session: AsyncSession,
    principal: Principal,
    *,
    context: PlacementContext,
    specs: Sequence[LinkSpec],
    keep_names: Collection[str],
    input_paths: Mapping[FieldPath, FieldPath],
) -> CreatedLinks:
    """Create links of the context's campaign, in the order of `specs`.

    The unit's templates generate terms and contents that are not given. A name that is a near-duplicate of one in use
    (in this unit, or in units above or below it) is an error (`near-double`) unless `keep_names` lists it. Raises as
    `insert_links`, with all errors in one Invalid; a Conflict is raised as such only if there are no other errors.

    `input_paths` maps paths in `specs` to paths in the caller's input: the position of each spec, such as (0,), and
    fields that are elsewhere in the input, such as (0, "channel_id"). Errors and corrections have the mapped paths.
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
            raise Conflict(refused.code, refused.detail, tuple(_moved(refused.fields, input_paths))) from None
        errors += refused.fields
    raise_if_any(_distinct(_moved(errors, input_paths)))
    return CreatedLinks(links, _distinct(_moved(named.corrections, input_paths)))


def _moved(found: Iterable[Located], input_paths: Mapping[FieldPath, FieldPath]) -> list[Located]:
    return [replace(one, path=move_path(one.path, input_paths)) for one in found]


def _distinct(found: Iterable[Located]) -> list[Located]:
    """Remove duplicates: many links can share one input field, such as the destination."""
    return list(dict.fromkeys(found))
