"""Making, changing and closing channels: the only place where a source or medium comes into being."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import Principal
from campaigns.kit.changes import apply_changes
from campaigns.kit.database import violated_constraint
from campaigns.kit.errors import Conflict
from campaigns.kit.faults import refuse
from campaigns.planning.linting import near_double, near_doubles
from campaigns.planning.models import Channel, Unit
from campaigns.planning.queries import get_channel, get_unit, in_reach, require_owner
from campaigns.planning.rules import fold_utm_name
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
    accept_names: Collection[str] = (),
    now: datetime,
) -> Channel:
    """Make a channel; source, medium and aliases are folded to one spelling.

    A source that is nearly one there is, or nearly an alias, is taken for a slip unless `accept_names` has it. Raises
    NotFound, Invalid, or Conflict (`channel-exists`, `alias-taken`).
    """
    await get_unit(session, principal, unit_id=unit_id)
    channel = Channel(
        unit_id=unit_id,
        name=name,
        source=fold_utm_name(source, pointer="/source"),
        medium=fold_utm_name(medium, pointer="/medium"),
        aliases=_folded_aliases(aliases),
        state=OpenState.ACTIVE.value,
        created_at=now,
    )
    await _require_unambiguous(session, principal, channel)
    await _require_no_slip(session, principal, channel, accept_names)
    try:
        async with session.begin_nested():
            session.add(channel)
    except IntegrityError as error:
        if violated_constraint(error) == "uq_channels_unit_id_source_medium":
            raise Conflict("channel-exists", "This unit has a channel of this source and medium.") from None
        raise
    changes = {"source": channel.source, "medium": channel.medium, "aliases": channel.aliases}
    record_audit(session, principal, "channel.created", object_id=channel.id, unit_id=unit_id, now=now, changes=changes)
    return channel


async def change_channel(
    session: AsyncSession,
    principal: Principal,
    *,
    channel_id: UUID,
    changes: ChannelChanges,
    expected_version: int | None,
    now: datetime,
) -> Channel:
    """Change a channel's name or aliases; its source and medium are in past figures and stay."""
    channel = await get_channel(session, principal, channel_id=channel_id, lock=True)
    await require_owner(session, principal, unit_id=channel.unit_id, what="channel")
    if "aliases" in changes:
        changes = {**changes, "aliases": _folded_aliases(changes["aliases"])}
    written = apply_changes(channel, changes, expected_version=expected_version)
    if "aliases" in written:
        await _require_unambiguous(session, principal, channel)
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
    channel = await get_channel(session, principal, channel_id=channel_id, lock=True)
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


def _folded_aliases(aliases: list[str]) -> list[str]:
    return sorted({fold_utm_name(alias, pointer=f"/aliases/{place}") for place, alias in enumerate(aliases)})


async def _require_unambiguous(session: AsyncSession, principal: Principal, channel: Channel) -> None:
    """Raise Conflict if a spelling would stand for two sources among the channels in reach."""
    # The national unit's row is the lock that makes any two changes to the vocabulary wait for each other, for a unit
    # shares the words of those above it; `key_share` lets rows that only refer to the unit be made meanwhile.
    await session.exec(select(Unit.id).where(col(Unit.parent_id).is_(None)).with_for_update(key_share=True))
    clash = select(Channel.source).where(
        col(Channel.unit_id).in_(in_reach(principal)),
        col(Channel.source) != channel.source,
        or_(
            col(Channel.source).in_(channel.aliases),
            col(Channel.aliases).bool_op("&&")([channel.source, *channel.aliases]),
        ),
    )
    other = (await session.exec(clash.limit(1))).first()
    if other is not None:
        raise Conflict("alias-taken", f"One of these spellings already stands for the source {other}.")


async def _require_no_slip(
    session: AsyncSession, principal: Principal, channel: Channel, accepted: Collection[str]
) -> None:
    """Raise Invalid if the channel's source is nearly a source or alias among the channels in reach."""
    if channel.source in {name.strip().lower() for name in accepted}:
        return
    statement = select(Channel.source, Channel.aliases).where(col(Channel.unit_id).in_(in_reach(principal)))
    meant: dict[str, str] = {}
    for source, aliases in (await session.exec(statement)).all():
        meant |= dict.fromkeys(aliases, source) | {source: source}
    doubles = near_doubles([channel.source], meant)
    refuse([near_double("/source", name, meant[double]).as_error() for name, double in doubles.items()])
