"""Create, update and close channels; sources and media are created nowhere else."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import ObjectType, Principal
from campaigns.kit.database.writes import ExpectedVersion, insert_row
from campaigns.kit.errors import Conflict, FieldError, FieldPath, raise_if_any
from campaigns.naming.types import NameIssue, Written
from campaigns.planning.models import Channel
from campaigns.planning.operations.channel_names import (
    ChannelVocabulary,
    find_near_duplicate_aliases,
    find_near_duplicate_names,
    lock_channel_names,
    normalize_channel_name,
    require_unambiguous,
)
from campaigns.planning.operations.write_changes import write_changes, write_state
from campaigns.planning.queries import get_unit, lock_channel, require_owner
from campaigns.planning.types import ChannelChanges, ChannelSpec, OpenState


async def create_channel(
    session: AsyncSession,
    principal: Principal,
    *,
    spec: ChannelSpec,
    keep_names: Collection[str] = (),
    now: datetime,
) -> Written[Channel]:
    """Create a channel; its source, medium and aliases are stored in normal form.

    Near-duplicates of a source or medium in use, and of another source's aliases, are errors unless `keep_names`
    lists them. Raises NotFound, Invalid, or Conflict (`channel-exists`, `alias-taken`).
    """
    await get_unit(session, principal, unit_id=spec.unit_id)
    words = await lock_channel_names(session, principal)
    corrections: list[NameIssue] = []
    errors: list[FieldError] = []
    source = normalize_channel_name(
        spec.source, words.meanings, path=("source",), corrections=corrections, errors=errors
    )
    medium = normalize_channel_name(spec.medium, words.media, path=("medium",), corrections=corrections, errors=errors)
    spelt = _spelt_aliases(spec.aliases, words, corrections, errors)
    errors += find_near_duplicate_names(source, medium, words, keep_names)
    errors += find_near_duplicate_aliases(spelt, source, words, keep_names)
    raise_if_any(errors)
    require_unambiguous(source, spelt, words)
    channel = Channel(
        unit_id=spec.unit_id,
        name=spec.name,
        source=source,
        medium=medium,
        aliases=sorted(spelt),
        state=OpenState.ACTIVE.value,
        created_at=now,
    )
    taken = Conflict("channel-exists", "The unit already has a channel with this source and medium.")
    await insert_row(session, channel, conflicts={"uq_channels_unit_id_source_medium": taken})
    changes = {"source": channel.source, "medium": channel.medium, "aliases": channel.aliases}
    record_audit(
        session,
        principal,
        ObjectType.CHANNEL,
        "created",
        object_id=channel.id,
        unit_id=spec.unit_id,
        now=now,
        changes=changes,
    )
    return Written(channel, corrections)


async def update_channel(
    session: AsyncSession,
    principal: Principal,
    *,
    channel_id: UUID,
    changes: ChannelChanges,
    keep_names: Collection[str] = (),
    expected_version: ExpectedVersion,
    now: datetime,
) -> Written[Channel]:
    """Update a channel's name or aliases; past figures refer to its source and medium, so these cannot change.

    New aliases are checked as in `create_channel`. Raises NotFound, Forbidden, Stale, Invalid or Conflict
    (`alias-taken`).
    """
    channel = await lock_channel(session, principal, channel_id=channel_id)
    await require_owner(session, principal, unit_id=channel.unit_id, what="channel")
    corrections: list[NameIssue] = []
    if "aliases" in changes:
        words = await lock_channel_names(session, principal)
        errors: list[FieldError] = []
        spelt = _spelt_aliases(changes["aliases"], words, corrections, errors)
        new = {alias: path for alias, path in spelt.items() if alias not in channel.aliases}
        raise_if_any(errors + find_near_duplicate_aliases(new, channel.source, words, keep_names))
        changes = {**changes, "aliases": sorted(spelt)}
        if changes["aliases"] != channel.aliases:
            require_unambiguous(channel.source, spelt, words)
    write_changes(
        session,
        principal,
        channel,
        changes,
        object_type=ObjectType.CHANNEL,
        unit_id=channel.unit_id,
        expected_version=expected_version,
        now=now,
    )
    return Written(channel, corrections)


async def close_channel(
    session: AsyncSession, principal: Principal, *, channel_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Channel:
    """Close a channel to new links; its existing links still redirect."""
    return await _set_state(session, principal, channel_id, OpenState.CLOSED, expected_version, now)


async def reopen_channel(
    session: AsyncSession, principal: Principal, *, channel_id: UUID, expected_version: ExpectedVersion, now: datetime
) -> Channel:
    """Undo the closing of a channel. One that is not closed stays as it is."""
    return await _set_state(session, principal, channel_id, OpenState.ACTIVE, expected_version, now)


async def _set_state(
    session: AsyncSession,
    principal: Principal,
    channel_id: UUID,
    state: OpenState,
    expected_version: ExpectedVersion,
    now: datetime,
) -> Channel:
    channel = await lock_channel(session, principal, channel_id=channel_id)
    await require_owner(session, principal, unit_id=channel.unit_id, what="channel")
    write_state(
        session,
        principal,
        channel,
        state,
        object_type=ObjectType.CHANNEL,
        unit_id=channel.unit_id,
        expected_version=expected_version,
        now=now,
    )
    return channel


def _spelt_aliases(
    aliases: Sequence[str], words: ChannelVocabulary, corrections: list[NameIssue], errors: list[FieldError]
) -> dict[str, FieldPath]:
    """The aliases in normal form, each with the path of its first occurrence."""
    spelt: dict[str, FieldPath] = {}
    for place, alias in enumerate(aliases):
        at: FieldPath = ("aliases", place)
        spelt.setdefault(
            normalize_channel_name(alias, words.meanings, path=at, corrections=corrections, errors=errors), at
        )
    return spelt
