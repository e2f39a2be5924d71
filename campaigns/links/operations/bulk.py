"""Create links in bulk: one campaign, several channels, and several contents for each channel."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.dry_run import RunMode
from campaigns.kit.errors import FieldError, FieldPath, collect_errors, raise_if_any
from campaigns.links.operations.create import CreatedLinks, channels_at, create_links
from campaigns.links.operations.placement_context import PlacementContext, read_placement_context
from campaigns.links.types import LinkSpec
from campaigns.naming.normal_form import TypedName, parse_typed_name
from campaigns.naming.templates import LINK_NAME_PLACEHOLDERS, fill_template, require_template

MAX_LINKS = 1000
DEFAULT_NAME = "{source} {content}"


async def create_in_bulk(
    session: AsyncSession,
    principal: Principal,
    *,
    campaign_id: UUID,
    channel_ids: Sequence[UUID],
    contents: Sequence[str],
    name: str,
    shared: Mapping[str, Any],
    keep_names: Collection[str],
    mode: RunMode,
    timezone: ZoneInfo,
    now: datetime,
) -> CreatedLinks:
    """Create one link for each channel and content (one for each channel if there are no contents); all or none.

    The links are ordered by channel, then by content. `name` is a template with `LINK_NAME_PLACEHOLDERS`; `shared`
    holds the fields of `LinkSpec` that all links have in common. Raises as `create_links`; error paths are
    ("channel_ids", n), ("contents", n) or a shared field.
    """
    typed = [parse_typed_name(content) for content in contents]
    name = _require_request(channel_ids, typed, name)
    with channels_at({channel: ("channel_ids", place) for place, channel in enumerate(channel_ids)}):
        context = await read_placement_context(
            session,
            principal,
            campaign_id=campaign_id,
            channel_ids=channel_ids,
            patterns=[name],
            mode=mode,
            timezone=timezone,
            now=now,
        )
    return await create_links(
        session,
        principal,
        context=context,
        specs=_specs(context, channel_ids, typed, name, shared),
        keep_names=keep_names,
        input_paths=_input_paths(len(channel_ids), len(contents)),
    )


def _require_request(channel_ids: Sequence[UUID], contents: Sequence[TypedName], name: str) -> str:
    """The trimmed name template; raises Invalid for it, for too many links, and for repeated channels or contents."""
    errors: list[FieldError] = []
    number = len(channel_ids) * max(1, len(contents))
    if number > MAX_LINKS:
        detail = f"The request describes {number} links. Create at most {MAX_LINKS} links at once."
        errors.append(FieldError(("contents",), detail, "too-many"))
    errors += _find_repeated([str(one) for one in channel_ids], ("channel_ids",), "channel")
    errors += _find_repeated([one.hyphenated for one in contents], ("contents",), "content")
    with collect_errors(errors):
        name = require_template(name, LINK_NAME_PLACEHOLDERS, path=("name",))
    raise_if_any(errors)
    return name


def _find_repeated(values: Sequence[str], path: FieldPath, what: str) -> list[FieldError]:
    first: dict[str, int] = {}
    return [
        FieldError((*path, place), f"The list contains this {what} twice.", "repeated")
        for place, value in enumerate(values)
        if first.setdefault(value, place) != place
    ]


def _specs(
    context: PlacementContext,
    channel_ids: Sequence[UUID],
    contents: Sequence[TypedName],
    name: str,
    shared: Mapping[str, Any],
) -> list[LinkSpec]:
    """The links to create, ordered by channel, then by content."""
    wanted: Sequence[TypedName | None] = contents or [None]
    specs = []
    for place, (channel_id, content) in enumerate((one, other) for one in channel_ids for other in wanted):
        values = context.values(
            place, channel_id=channel_id, content=None if content is None else content.hyphenated, name=""
        )
        specs.append(
            LinkSpec(
                **shared,
                channel_id=channel_id,
                # Without a content the default template would end in a space.
                name=" ".join(fill_template(name, values).split()),
                utm_content=None if content is None else content.typed,
            )
        )
    return specs


def _input_paths(channels: int, contents: int) -> dict[FieldPath, FieldPath]:
    """Maps each link's channel and content to their place in the request; the other fields are shared by all links."""
    moves: dict[FieldPath, FieldPath] = {}
    for place in range(channels * max(1, contents)):
        moves[place,] = ()
        moves[place, "channel_id"] = ("channel_ids", place // max(1, contents))
        if contents:
            moves[place, "utm_content"] = ("contents", place % contents)
    return moves
