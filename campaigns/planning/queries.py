"""Reads of planning, each limited to what the caller's unit may see.

A caller acts on its own unit and the units below it (`subtree`). Programmes, intakes and channels of the units above
are shared downwards: the caller may read and use them (`in_reach`), but not change them.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, literal, or_, select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.kit.database.paging import Page, PageRequest, fetch_page
from campaigns.kit.database.rows import fetch_existing, fetch_first, fetch_rows, fetch_values, locked
from campaigns.kit.errors import FieldError, Forbidden, NotFound, invalid_filter, raise_as_invalid_filter
from campaigns.naming.templates import Templates
from campaigns.naming.utm import fold_utm_name
from campaigns.planning.models import Campaign, Channel, Intake, Programme, Stage, Unit
from campaigns.planning.types import CampaignState


def subtree(principal: Principal) -> Select[UUID]:
    """A subquery of the ids of the caller's unit and all units below it."""
    return select(col(Unit.id)).where(col(Unit.path).startswith(principal.unit_path))


def in_reach(principal: Principal) -> Select[UUID]:
    """A subquery of the ids of the caller's subtree and of the units above it."""
    return select(col(Unit.id)).where(
        or_(
            col(Unit.path).startswith(principal.unit_path),
            literal(principal.unit_path).startswith(col(Unit.path)),
        )
    )


def _unit(principal: Principal, unit_id: UUID) -> Select[Unit]:
    return select(Unit).where(col(Unit.id) == unit_id, col(Unit.path).startswith(principal.unit_path))


async def get_unit(session: AsyncSession, principal: Principal, *, unit_id: UUID) -> Unit:
    """A unit of the caller's subtree; raises NotFound."""
    return await fetch_existing(session, _unit(principal, unit_id), "unit")


async def lock_unit(session: AsyncSession, principal: Principal, *, unit_id: UUID) -> Unit:
    """A unit of the caller's subtree, locked until the transaction ends; raises NotFound."""
    return await fetch_existing(session, locked(_unit(principal, unit_id), Unit), "unit")


async def list_units(session: AsyncSession, principal: Principal, *, page: PageRequest) -> Page[Unit]:
    statement = select(Unit).where(col(Unit.path).startswith(principal.unit_path))
    return await fetch_page(session, statement, key=col(Unit.id), request=page)


async def find_unit_by_code(session: AsyncSession, *, code: str) -> Unit | None:
    """Any unit by its code, with no limit to a subtree: only for the operator's command line."""
    return await fetch_first(session, select(Unit).where(col(Unit.code) == code))


async def find_root_unit(session: AsyncSession) -> Unit | None:
    return await fetch_first(session, select(Unit).where(col(Unit.parent_id).is_(None)))


async def effective_hosts(session: AsyncSession, *, unit_id: UUID) -> list[str]:
    """A unit's host allow-list: its own, or that of the nearest unit above that has one."""
    own = select(col(Unit.path)).where(col(Unit.id) == unit_id).scalar_subquery()
    statement = (
        select(col(Unit.allowed_hosts))
        .where(own.startswith(col(Unit.path)), col(Unit.allowed_hosts) != [])
        .order_by(col(Unit.path).desc())
        .limit(1)
    )
    return list(await fetch_first(session, statement) or [])


def _programme(principal: Principal, programme_id: UUID) -> Select[Programme]:
    return select(Programme).where(col(Programme.id) == programme_id, col(Programme.unit_id).in_(in_reach(principal)))


async def get_programme(session: AsyncSession, principal: Principal, *, programme_id: UUID) -> Programme:
    """A programme the caller may use; raises NotFound."""
    return await fetch_existing(session, _programme(principal, programme_id), "programme")


async def lock_programme(session: AsyncSession, principal: Principal, *, programme_id: UUID) -> Programme:
    """A programme the caller may use, locked until the transaction ends; raises NotFound."""
    return await fetch_existing(session, locked(_programme(principal, programme_id), Programme), "programme")


async def list_programmes(session: AsyncSession, principal: Principal, *, page: PageRequest) -> Page[Programme]:
    statement = select(Programme).where(col(Programme.unit_id).in_(in_reach(principal)))
    return await fetch_page(session, statement, key=col(Programme.id), request=page)


def _intake(principal: Principal, intake_id: UUID) -> Select[Intake]:
    return (
        select(Intake)
        .join(Programme, col(Programme.id) == Intake.programme_id)
        .where(col(Intake.id) == intake_id, col(Programme.unit_id).in_(in_reach(principal)))
    )


async def get_intake(session: AsyncSession, principal: Principal, *, intake_id: UUID) -> Intake:
    """An intake the caller may use; raises NotFound."""
    return await fetch_existing(session, _intake(principal, intake_id), "intake")


async def lock_intake(session: AsyncSession, principal: Principal, *, intake_id: UUID) -> Intake:
    """An intake the caller may use, locked until the transaction ends; raises NotFound."""
    return await fetch_existing(session, locked(_intake(principal, intake_id), Intake), "intake")


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
        statement = statement.where(col(Intake.programme_id) == programme_id)
    return await fetch_page(session, statement, key=col(Intake.id), request=page)


async def list_stages(session: AsyncSession, *, intake_ids: Sequence[UUID]) -> dict[UUID, list[Stage]]:
    """The stages of each intake, in their order."""
    statement = select(Stage).where(col(Stage.intake_id).in_(intake_ids)).order_by(col(Stage.position))
    stages: dict[UUID, list[Stage]] = {intake_id: [] for intake_id in intake_ids}
    for stage in await fetch_values(session, statement):
        stages[stage.intake_id].append(stage)
    return stages


def _campaign(principal: Principal, campaign_id: UUID) -> Select[Campaign]:
    return select(Campaign).where(col(Campaign.id) == campaign_id, col(Campaign.unit_id).in_(subtree(principal)))


async def get_campaign(session: AsyncSession, principal: Principal, *, campaign_id: UUID) -> Campaign:
    """A campaign of the caller's subtree; raises NotFound."""
    return await fetch_existing(session, _campaign(principal, campaign_id), "campaign")


async def lock_campaign(session: AsyncSession, principal: Principal, *, campaign_id: UUID) -> Campaign:
    """A campaign of the caller's subtree, locked until the transaction ends; raises NotFound."""
    return await fetch_existing(session, locked(_campaign(principal, campaign_id), Campaign), "campaign")


async def list_campaigns(
    session: AsyncSession,
    principal: Principal,
    *,
    unit_id: UUID | None,
    intake_id: UUID | None,
    state: str | None,
    page: PageRequest,
) -> Page[Campaign]:
    """Campaigns of the caller's subtree; `unit_id` selects that unit only, without the units below it."""
    statement = select(Campaign).where(col(Campaign.unit_id).in_(subtree(principal)))
    if unit_id is not None:
        await get_unit(session, principal, unit_id=unit_id)
        statement = statement.where(col(Campaign.unit_id) == unit_id)
    if intake_id is not None:
        await get_intake(session, principal, intake_id=intake_id)
        statement = statement.where(col(Campaign.intake_id) == intake_id)
    if state is not None:
        statement = statement.where(col(Campaign.state) == state)
    return await fetch_page(session, statement, key=col(Campaign.id), request=page)


async def find_public_campaign(session: AsyncSession, *, slug: str) -> tuple[Campaign, Intake, Programme, Unit]:
    """A campaign by its slug, with its intake, programme and unit; raises NotFound, for drafts too."""
    statement = (
        select(Campaign, Intake, Programme, Unit)
        .join(Intake, col(Intake.id) == Campaign.intake_id)
        .join(Programme, col(Programme.id) == Intake.programme_id)
        .join(Unit, col(Unit.id) == Campaign.unit_id)
        .where(col(Campaign.slug) == slug, col(Campaign.state) != CampaignState.DRAFT.value)
    )
    for row in await fetch_rows(session, statement):
        return row
    raise NotFound("campaign")


def _channel(principal: Principal, channel_id: UUID) -> Select[Channel]:
    return select(Channel).where(col(Channel.id) == channel_id, col(Channel.unit_id).in_(in_reach(principal)))


async def get_channel(session: AsyncSession, principal: Principal, *, channel_id: UUID) -> Channel:
    """A channel the caller may use; raises NotFound."""
    return await fetch_existing(session, _channel(principal, channel_id), "channel")


async def lock_channel(session: AsyncSession, principal: Principal, *, channel_id: UUID) -> Channel:
    """A channel the caller may use, locked until the transaction ends; raises NotFound."""
    return await fetch_existing(session, locked(_channel(principal, channel_id), Channel), "channel")


async def get_channels(
    session: AsyncSession, principal: Principal, *, channel_ids: Collection[UUID]
) -> dict[UUID, Channel]:
    """Channels the caller may use, by id; raises NotFound unless all of them are, at (id,) for each that is not."""
    wanted = set(channel_ids)
    statement = select(Channel).where(col(Channel.id).in_(wanted), col(Channel.unit_id).in_(in_reach(principal)))
    channels = {channel.id: channel for channel in await fetch_values(session, statement)}
    if missing := wanted - channels.keys():
        detail = "This channel does not exist, or you may not see it."
        raise NotFound("channel", tuple(FieldError((str(one),), detail, "unknown-channel") for one in missing))
    return channels


async def list_channels(
    session: AsyncSession, principal: Principal, *, source: str | None, state: str | None, page: PageRequest
) -> Page[Channel]:
    """Channels the caller may use; `source` finds a channel by its source or one of its aliases.

    Raises InvalidFilter if no channel has the source or alias.
    """
    statement = select(Channel).where(col(Channel.unit_id).in_(in_reach(principal)))
    if source is not None:
        with raise_as_invalid_filter():
            spelling = fold_utm_name(source, path=("source",))
        if not await canonical_sources(session, principal, spellings=[spelling]):
            raise invalid_filter(
                "source", "No channel that your units may use has this source or alias.", "unknown-source"
            )
        statement = statement.where(_spelled([spelling]))
    if state is not None:
        statement = statement.where(col(Channel.state) == state)
    return await fetch_page(session, statement, key=col(Channel.id), request=page)


async def canonical_sources(
    session: AsyncSession, principal: Principal, *, spellings: Collection[str]
) -> dict[str, str]:
    """`{spelling: source}` for the spellings (folded sources or aliases) that channels in reach know.

    A source always stands for itself. An alias that different units use for different sources is left out.
    """
    statement = select(col(Channel.source), col(Channel.aliases)).where(
        col(Channel.unit_id).in_(in_reach(principal)), _spelled(spellings)
    )
    rows = await fetch_rows(session, statement)
    meanings: dict[str, set[str]] = {spelling: set() for spelling in spellings}
    for source, aliases in rows:
        for alias in meanings.keys() & set(aliases):
            meanings[alias].add(source)
    unambiguous = {spelling: next(iter(sources)) for spelling, sources in meanings.items() if len(sources) == 1}
    return unambiguous | {source: source for source, _ in rows if source in meanings}


async def known_channel_media(session: AsyncSession, principal: Principal, *, media: Collection[str]) -> set[str]:
    """The given media (folded) that a channel in reach has."""
    statement = select(col(Channel.medium)).where(
        col(Channel.unit_id).in_(in_reach(principal)), col(Channel.medium).in_(media)
    )
    return set(await fetch_values(session, statement))


def _spelled(spellings: Collection[str]) -> ColumnElement[bool]:
    return or_(col(Channel.source).in_(spellings), col(Channel.aliases).bool_op("&&")(list(spellings)))


async def require_owner(session: AsyncSession, principal: Principal, *, unit_id: UUID, what: str) -> None:
    """Raise Forbidden if a shared object is owned by a unit above the caller's; `what` names it in the message."""
    statement = select(col(Unit.id)).where(col(Unit.id) == unit_id, col(Unit.path).startswith(principal.unit_path))
    if await fetch_first(session, statement) is None:
        raise Forbidden(
            "owned-by-higher-unit", f"This {what} belongs to a unit above yours. Only that unit can change it."
        )


async def unit_codes(session: AsyncSession) -> dict[UUID, str]:
    """The code of every unit, with no limit to a subtree: only for the operator's command line."""
    return dict(await fetch_rows(session, select(col(Unit.id), col(Unit.code))))


async def effective_templates(session: AsyncSession, *, unit_id: UUID) -> Templates:
    """A unit's templates: each is its own, or that of the nearest unit above that has one."""
    own = select(col(Unit.path)).where(col(Unit.id) == unit_id).scalar_subquery()
    line = select(col(Unit.term_template), col(Unit.content_template)).where(own.startswith(col(Unit.path)))
    rows = await fetch_rows(session, line.order_by(col(Unit.path).desc()))
    return Templates(
        term=next((term for term, _ in rows if term is not None), None),
        content=next((content for _, content in rows if content is not None), None),
    )
