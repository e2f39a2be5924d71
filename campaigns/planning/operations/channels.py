"""Making, changing and closing channels: the only place where a source or medium comes into being."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import Principal
from campaigns.kit.database.engine import violated_constraint
from campaigns.kit.database.versioning import apply_changes
from campaigns.kit.errors import Conflict, FieldError, FieldPath, raise_if_any
from campaigns.naming.types import NameIssue
from campaigns.planning.models import Channel
from campaigns.planning.operations.channel_names import (
    ChannelVocabulary,
    find_near_duplicate_aliases,
    find_near_duplicate_names,
    lock_channel_names,
    normalize_channel_name,
    require_unambiguous,
)
from campaigns.planning.queries import get_unit, lock_channel, require_owner
from campaigns.planning.types import ChannelChanges, OpenState


async def create_channel(
    session: AsyncSession,
    principal: Principal,
    *,
    unit_id: UUID,
    name: str,
    source: str,
    medium: str,
    aliases: list[str],
    keep_names: Collection[str] = (),
    now: datetime,
    corrections: list[NameIssue] | None = None,
) -> Channel:
    """Make a channel; what is mended in its source, medium and aliases is added to `corrections`.

    A source or medium that is nearly one there is, and an alias that nearly stands for another source, is taken for a
    slip unless `keep_names` has it. Raises NotFound, Invalid, or Conflict (`channel-exists`, `alias-taken`).
    """
    await get_unit(session, principal, unit_id=unit_id)
    words = await lock_channel_names(session, principal)
    mended: list[NameIssue] = []
    faults: list[FieldError] = []
    source = normalize_channel_name(source, words.meanings, path=("source",), corrections=mended, faults=faults)
    medium = normalize_channel_name(medium, words.media, path=("medium",), corrections=mended, faults=faults)
    spelt = _spelt_aliases(aliases, words, mended, faults)
    faults += find_near_duplicate_names(source, medium, words, keep_names)
    faults += find_near_duplicate_aliases(spelt, source, words, keep_names)
    raise_if_any(faults)
    require_unambiguous(source, spelt, words)
    channel = Channel(
        unit_id=unit_id,
        name=name,
        source=source,
        medium=medium,
        aliases=sorted(spelt),
        state=OpenState.ACTIVE.value,
        created_at=now,
    )
    try:
        async with session.begin_nested():
            session.add(channel)
    except IntegrityError as error:
        if violated_constraint(error) == "uq_channels_unit_id_source_medium":
            raise Conflict("channel-exists", "This unit has a channel of this source and medium.") from None
        raise
    changes = {"source": channel.source, "medium": channel.medium, "aliases": channel.aliases}
    record_audit(session, principal, "channel.created", object_id=channel.id, unit_id=unit_id, now=now, changes=changes)
    if corrections is not None:
        corrections += mended
    return channel


async def change_channel(
    session: AsyncSession,
    principal: Principal,
    *,
    channel_id: UUID,
    changes: ChannelChanges,
    keep_names: Collection[str] = (),
    expected_version: int | None,
    now: datetime,
    corrections: list[NameIssue] | None = None,
) -> Channel:
    """Change a channel's name or aliases; its source and medium are in past figures and stay.

    Aliases that it does not have yet are linted as new channels' are.
    """
    channel = await lock_channel(session, principal, channel_id=channel_id)
    await require_owner(session, principal, unit_id=channel.unit_id, what="channel")
    mended: list[NameIssue] = []
    if "aliases" in changes:
        words = await lock_channel_names(session, principal)
        faults: list[FieldError] = []
        spelt = _spelt_aliases(changes["aliases"], words, mended, faults)
        new = {alias: path for alias, path in spelt.items() if alias not in channel.aliases}
        raise_if_any(faults + find_near_duplicate_aliases(new, channel.source, words, keep_names))
        changes = {**changes, "aliases": sorted(spelt)}
        if changes["aliases"] != channel.aliases:
            require_unambiguous(channel.source, spelt, words)
    written = apply_changes(channel, changes, expected_version=expected_version)
    if corrections is not None:
        corrections += mended
    if written:
        record_audit(
            session,
            principal,
            "channel.changed",
            object_id=channel.id,
            unit_id=channel.unit_id,
            now=now,
            changes=written,
        )
    return channel


async def close_channel(
    session: AsyncSession, principal: Principal, *, channel_id: UUID, expected_version: int | None, now: datetime
) -> Channel:
    """Close a channel: no new links get it; links that have it go on."""
    channel = await lock_channel(session, principal, channel_id=channel_id)
    await require_owner(session, principal, unit_id=channel.unit_id, what="channel")
    written = apply_changes(channel, {"state": OpenState.CLOSED.value}, expected_version=expected_version)
    if written:
        record_audit(
            session,
            principal,
            "channel.closed",
            object_id=channel.id,
            unit_id=channel.unit_id,
            now=now,
            changes=written,
        )
    return channel


def _spelt_aliases(
    aliases: Sequence[str], words: ChannelVocabulary, corrections: list[NameIssue], faults: list[FieldError]
) -> dict[str, FieldPath]:
    """The aliases in their one spelling, each with the path of its first occurrence."""
    spelt: dict[str, FieldPath] = {}
    for place, alias in enumerate(aliases):
        at: FieldPath = ("aliases", place)
        spelt.setdefault(
            normalize_channel_name(alias, words.meanings, path=at, corrections=corrections, faults=faults), at
        )
    return spelt
