"""Placements in bulk: one campaign on several channels with several contents each."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.errors import FieldError, FieldPath, collect_errors, raise_if_any
from campaigns.links.operations.create import CreatedLinks, create_links, read_placement_context
from campaigns.links.types import LinkSpec
from campaigns.naming.similar_names import normalize_name
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
    timezone: ZoneInfo,
    now: datetime,
) -> CreatedLinks:
    """Make a link for each content on each channel (without contents one a channel), channel by channel; all or none.

    `name` is a template with `LINK_NAME_PLACEHOLDERS`, `shared` holds what all links have alike, by the names of
    `LinkSpec`. Raises NotFound, Conflict or Unavailable as `create_links` does, and Invalid with everything that is
    wrong, pointing at ("channel_ids", n), ("contents", n) or the shared field.
    """
    faults: list[FieldError] = []
    number = len(channel_ids) * max(1, len(contents))
    if number > MAX_LINKS:
        detail = f"These are {number} links; at most {MAX_LINKS} are made at once."
        faults.append(FieldError(("contents",), detail, "too-many"))
    faults += _find_repeated([str(one) for one in channel_ids], ("channel_ids",), "channel")
    faults += _find_repeated([normalize_name(one, path=())[0] for one in contents], ("contents",), "content")
    with collect_errors(faults):
        name = require_template(name, LINK_NAME_PLACEHOLDERS, path=("name",))
    raise_if_any(faults)
    scene = await read_placement_context(
        session,
        principal,
        campaign_id=campaign_id,
        channel_ids=channel_ids,
        patterns=[name],
        timezone=timezone,
        now=now,
    )
    wanted: Sequence[str | None] = contents or [None]
    chosen = [(channel_id, content) for channel_id in channel_ids for content in wanted]
    specs = [
        LinkSpec(
            **shared,
            channel_id=channel_id,
            name=_named(name, scene.values(place, channel_id=channel_id, content=_spelled(content), name="")),
            utm_content=content,
        )
        for place, (channel_id, content) in enumerate(chosen)
    ]
    return await create_links(
        session,
        principal,
        scene=scene,
        specs=specs,
        keep_names=keep_names,
        now=now,
        given_at=_given_at(len(channel_ids), len(contents)),
    )


def _given_at(channels: int, contents: int) -> dict[FieldPath, FieldPath]:
    """Where each link's channel and content are listed; all other fields are the same for all links."""
    moves: dict[FieldPath, FieldPath] = {}
    for place in range(channels * max(1, contents)):
        moves[place,] = ()
        moves[place, "channel_id"] = ("channel_ids", place // max(1, contents))
        if contents:
            moves[place, "utm_content"] = ("contents", place % contents)
    return moves


def _find_repeated(values: Sequence[str], path: FieldPath, what: str) -> list[FieldError]:
    detail = f"An earlier {what} is the same."
    return [
        FieldError((*path, place), detail, "repeated")
        for place, first in enumerate(_first_places(values))
        if first != place
    ]


def _first_places(values: Sequence[str]) -> list[int]:
    first: dict[str, int] = {}
    return [first.setdefault(value, place) for place, value in enumerate(values)]


def _spelled(content: str | None) -> str | None:
    return None if content is None else normalize_name(content, path=())[0]


def _named(pattern: str, values: Mapping[str, str]) -> str:
    # Without a content the default pattern would end in a space.
    return " ".join(fill_template(pattern, values).split())
