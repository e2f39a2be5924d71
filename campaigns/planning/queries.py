"""Reads of planning, each confined to what the caller's unit may see.

A caller acts on the subtree of its unit (`subtree`). Programmes, intakes and channels of the units above it are shared
downwards: it may read and use them (`in_reach`), not change them.
"""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.paging import Page, PageRequest, fetch_page
from campaigns.kit.errors import Forbidden, NotFound, invalid_field
from campaigns.naming.templates import Templates
from campaigns.naming.utm import fold_utm_name
from campaigns.planning.models import Campaign, Channel, Intake, Programme, Stage, Unit


def subtree(principal: Principal) -> Select[Any]:
    """A subquery of the ids of the caller's unit and all units below it."""
    return select(Unit.id).where(col(Unit.path).startswith(principal.unit_path))


def in_reach(principal: Principal) -> Select[Any]:
    """A subquery of the ids of the caller's subtree and of the units above it."""
    return select(Unit.id).where(
        or_(
            col(Unit.path).startswith(principal.unit_path),
            literal(principal.unit_path).startswith(col(Unit.path)),
        )
    )


def _found(row: Any, what: str) -> Any:
    if row is None:
        raise NotFound(what)
    return row


def _locked(statement: Any, lock: bool, table: type) -> Any:
    # key_share: rows that refer to this one, such as a registration, need not wait for the change.
    return statement.with_for_update(of=table, key_share=True) if lock else statement


async def get_unit(session: AsyncSession, principal: Principal, *, unit_id: UUID, lock: bool = False) -> Unit:
    """A unit of the caller's subtree; raises NotFound."""
    statement = select(Unit).where(Unit.id == unit_id, col(Unit.path).startswith(principal.unit_path))
    unit: Unit = _found((await session.exec(_locked(statement, lock, Unit))).first(), "unit")
    return unit


async def list_units(session: AsyncSession, principal: Principal, *, page: PageRequest) -> Page[Unit]:
    statement = select(Unit).where(col(Unit.path).startswith(principal.unit_path))
    return await fetch_page(session, statement, key=Unit.id, request=page)


async def find_unit_by_code(session: AsyncSession, *, code: str) -> Unit | None:
    """Any unit by its code; for the command line, which acts for the operator."""
    return (await session.exec(select(Unit).where(Unit.code == code))).first()


async def find_root_unit(session: AsyncSession) -> Unit | None:
    return (await session.exec(select(Unit).where(col(Unit.parent_id).is_(None)))).first()


async def effective_hosts(session: AsyncSession, *, unit_id: UUID) -> list[str]:
    """The host allow-list that holds for a unit: its own, or that of the nearest unit above with one."""
    own = select(Unit.path).where(Unit.id == unit_id).scalar_subquery()
    statement = (
        select(Unit.allowed_hosts)
        .where(own.startswith(col(Unit.path)), col(Unit.allowed_hosts) != [])
        .order_by(col(Unit.path).desc())
        .limit(1)
    )
    return list((await session.exec(statement)).first() or [])


async def get_programme(
    session: AsyncSession, principal: Principal, *, programme_id: UUID, lock: bool = False
) -> Programme:
    """A programme the caller may use; raises NotFound."""
    statement = select(Programme).where(Programme.id == programme_id, col(Programme.unit_id).in_(in_reach(principal)))
    programme: Programme = _found((await session.exec(_locked(statement, lock, Programme))).first(), "programme")
    return programme


async def list_programmes(session: AsyncSession, principal: Principal, *, page: PageRequest) -> Page[Programme]:
    statement = select(Programme).where(col(Programme.unit_id).in_(in_reach(principal)))
    return await fetch_page(session, statement, key=Programme.id, request=page)


async def get_intake(session: AsyncSession, principal: Principal, *, intake_id: UUID, lock: bool = False) -> Intake:
    """An intake the caller may use; raises NotFound."""
    statement = (
        select(Intake)
        .join(Programme, col(Programme.id) == Intake.programme_id)
        .where(Intake.id == intake_id, col(Programme.unit_id).in_(in_reach(principal)))
    )
    intake: Intake = _found((await session.exec(_locked(statement, lock, Intake))).first(), "intake")
    return intake


async def list_intakes(
    session: AsyncSession, principal: Principal, *, programme_id: UUID | None, page: PageRequest
) -> Page[Intake]:
    statement = (
        select(Intake)
        .join(Programme, col(Programme.id) == Intake.programme_id)
        .where(col(Programme.unit_id).in_(in_reach(principal)))
    )
    if programme_id is not None:
        await get_programme(session, principal, programme_id=programme_id)
        statement = statement.where(Intake.programme_id == programme_id)
    return await fetch_page(session, statement, key=Intake.id, request=page)


async def list_stages(session: AsyncSession, *, intake_ids: Sequence[UUID]) -> dict[UUID, list[Stage]]:
    """The stages of each intake, in their order."""
    statement = select(Stage).where(col(Stage.intake_id).in_(intake_ids)).order_by(col(Stage.position))
    stages: dict[UUID, list[Stage]] = {intake_id: [] for intake_id in intake_ids}
    for stage in (await session.exec(statement)).all():
        stages[stage.intake_id].append(stage)
    return stages


async def get_campaign(
    session: AsyncSession, principal: Principal, *, campaign_id: UUID, lock: bool = False
) -> Campaign:
    """A campaign of the caller's subtree; raises NotFound."""
    statement = select(Campaign).where(Campaign.id == campaign_id, col(Campaign.unit_id).in_(subtree(principal)))
    campaign: Campaign = _found((await session.exec(_locked(statement, lock, Campaign))).first(), "campaign")
    return campaign


async def list_campaigns(
    session: AsyncSession,
    principal: Principal,
    *,
    unit_id: UUID | None,
    intake_id: UUID | None,
    state: str | None,
    page: PageRequest,
) -> Page[Campaign]:
    """Campaigns of the caller's subtree; `unit_id` narrows to that unit itself."""
    statement = select(Campaign).where(col(Campaign.unit_id).in_(subtree(principal)))
    if unit_id is not None:
        await get_unit(session, principal, unit_id=unit_id)
        statement = statement.where(Campaign.unit_id == unit_id)
    if intake_id is not None:
        await get_intake(session, principal, intake_id=intake_id)
        statement = statement.where(Campaign.intake_id == intake_id)
    if state is not None:
        statement = statement.where(Campaign.state == state)
    return await fetch_page(session, statement, key=Campaign.id, request=page)


async def find_public_campaign(session: AsyncSession, *, slug: str) -> tuple[Campaign, Intake, Programme, Unit]:
    """A campaign by its public name, with what it belongs to; drafts are not public. Raises NotFound."""
    statement = (
        select(Campaign, Intake, Programme, Unit)
        .join(Intake, col(Intake.id) == Campaign.intake_id)
        .join(Programme, col(Programme.id) == Intake.programme_id)
        .join(Unit, col(Unit.id) == Campaign.unit_id)
        .where(Campaign.slug == slug, Campaign.state != "draft")
    )
    row: tuple[Campaign, Intake, Programme, Unit] = _found((await session.exec(statement)).first(), "campaign")
    return row


async def get_channel(session: AsyncSession, principal: Principal, *, channel_id: UUID, lock: bool = False) -> Channel:
    """A channel the caller may use; raises NotFound."""
    statement = select(Channel).where(Channel.id == channel_id, col(Channel.unit_id).in_(in_reach(principal)))
    channel: Channel = _found((await session.exec(_locked(statement, lock, Channel))).first(), "channel")
    return channel


async def get_channels(
    session: AsyncSession, principal: Principal, *, channel_ids: Collection[UUID]
) -> dict[UUID, Channel]:
    """Channels the caller may use, by id; raises NotFound unless all of them are."""
    wanted = set(channel_ids)
    statement = select(Channel).where(col(Channel.id).in_(wanted), col(Channel.unit_id).in_(in_reach(principal)))
    channels = {channel.id: channel for channel in (await session.exec(statement)).all()}
    if wanted - channels.keys():
        raise NotFound("channel")
    return channels


async def list_channels(
    session: AsyncSession, principal: Principal, *, source: str | None, state: str | None, page: PageRequest
) -> Page[Channel]:
    """Channels the caller may use; `source` finds a channel by its source or one of its aliases.

    Raises Invalid at `parameter:source` for a spelling that none of them has.
    """
    statement = select(Channel).where(col(Channel.unit_id).in_(in_reach(principal)))
    if source is not None:
        corrections = fold_utm_name(source, pointer="parameter:source")
        if not await canonical_sources(session, principal, spellings=[corrections]):
            raise invalid_field("parameter:source", "None of your channels has this source or alias.", "unknown-source")
        statement = statement.where(_spelled([corrections]))
    if state is not None:
        statement = statement.where(Channel.state == state)
    return await fetch_page(session, statement, key=Channel.id, request=page)


async def canonical_sources(
    session: AsyncSession, principal: Principal, *, spellings: Collection[str]
) -> dict[str, str]:
    """The source that each spelling (itself or an alias, folded) stands for among the channels in reach.

    A source's own name always stands for itself; an alias that two units below use differently stands for nothing.
    """
    statement = select(Channel.source, Channel.aliases).where(
        col(Channel.unit_id).in_(in_reach(principal)), _spelled(spellings)
    )
    rows = (await session.exec(statement)).all()
    meant: dict[str, set[str]] = {corrections: set() for corrections in spellings}
    for source, aliases in rows:
        for corrections in meant.keys() & set(aliases):
            meant[corrections].add(source)
    found = {corrections: next(iter(sources)) for corrections, sources in meant.items() if len(sources) == 1}
    return found | {source: source for source, _ in rows if source in meant}


async def known_channel_media(session: AsyncSession, principal: Principal, *, media: Collection[str]) -> set[str]:
    """Those of the media (folded) that a channel in reach has."""
    statement = select(Channel.medium).where(
        col(Channel.unit_id).in_(in_reach(principal)), col(Channel.medium).in_(media)
    )
    return set((await session.exec(statement)).all())


def _spelled(spellings: Collection[str]) -> ColumnElement[bool]:
    return or_(col(Channel.source).in_(spellings), col(Channel.aliases).bool_op("&&")(list(spellings)))


async def require_owner(session: AsyncSession, principal: Principal, *, unit_id: UUID, what: str) -> None:
    """Raise Forbidden if the unit that owns a shared object stands above the caller's."""
    statement = select(Unit.id).where(Unit.id == unit_id, col(Unit.path).startswith(principal.unit_path))
    if (await session.exec(statement)).first() is None:
        raise Forbidden(
            "owned-by-higher-unit", f"This {what} belongs to a unit above yours; only that unit changes it."
        )


async def unit_codes(session: AsyncSession) -> dict[UUID, str]:
    """The code of every unit; for the command line, which acts for the operator."""
    return dict((await session.exec(select(Unit.id, Unit.code))).all())


async def effective_templates(session: AsyncSession, *, unit_id: UUID) -> Templates:
    """The templates that hold for a unit, each its own or that of the nearest unit above with one."""
    own = select(Unit.path).where(Unit.id == unit_id).scalar_subquery()
    line = select(Unit.term_template, Unit.content_template).where(own.startswith(col(Unit.path)))
    rows = (await session.exec(line.order_by(col(Unit.path).desc()))).all()
    return Templates(
        term=next((term for term, _ in rows if term is not None), None),
        content=next((content for _, content in rows if content is not None), None),
    )
