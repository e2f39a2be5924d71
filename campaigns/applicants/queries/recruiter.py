"""What recruiters read: applications of their units' campaigns, decrypted with each person's key.

Each read is a fixed number of statements, however many rows it returns.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import aliased
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import ActorKind, Principal
from campaigns.applicants.encryption import PersonReader, open_reader
from campaigns.applicants.models import ApplicantKey, Application, Consent, StageChange
from campaigns.applicants.queries.duplicates import duplicate_count, has_duplicates, read_duplicates
from campaigns.applicants.queries.repeats import has_repeats, read_repeats, repeat_count
from campaigns.applicants.types import (
    ApplicationDetail,
    ApplicationFilters,
    ApplicationSummary,
    ConsentClock,
    ConsentView,
    HistoryStep,
    SlugRef,
    StageView,
    TouchView,
)
from campaigns.attribution.models import Touch
from campaigns.attribution.types import NOT_SET, TouchVerdict
from campaigns.kit.database.paging import Page, PageRequest, fetch_page_of_rows
from campaigns.kit.database.rows import fetch_existing, fetch_first, fetch_rows, fetch_values
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.errors import NotFound, invalid_filter, raise_as_invalid_filter
from campaigns.links.models import Link
from campaigns.links.queries import get_link
from campaigns.planning.models import Campaign, Intake, Programme, Stage
from campaigns.planning.queries import canonical_sources, get_campaign, in_reach, subtree
from campaigns.planning.rules import require_order


async def list_applications(
    session: AsyncSession, principal: Principal, *, keys: KeyRing, wanted: ApplicationFilters, page: PageRequest
) -> Page[ApplicationSummary]:
    """Applications of the caller's units, newest first; raises NotFound or Invalid for filter values nobody knows."""
    statement = _visible(principal).where(*await _conditions(session, principal, wanted))
    found = await fetch_page_of_rows(session, statement, key=col(Application.id), request=page)
    summaries = [ApplicationSummary(**_summary_fields(row, _reader(row, keys))) for row in found.items]
    return Page(summaries, found.next_after)


async def read_application(
    session: AsyncSession, principal: Principal, *, keys: KeyRing, application_id: UUID
) -> ApplicationDetail:
    """One application with all that is known about it; raises NotFound."""
    rows = await fetch_rows(session, _visible(principal).where(col(Application.id) == application_id))
    if not rows:
        raise NotFound("application")
    application, reader = rows[0].Application, _reader(rows[0], keys)
    consent = await session.get_one(Consent, application_id)
    birth_date = reader.decrypt_answer(application_id, "birth_date", application.birth_date_sealed)
    return ApplicationDetail(
        **_summary_fields(rows[0], reader),
        email=reader.decrypt_answer(application_id, "email", application.email_sealed),
        phone=reader.decrypt_answer(application_id, "phone", application.phone_sealed),
        birth_date=date.fromisoformat(birth_date) if birth_date is not None else None,
        consent=ConsentView(
            consent.notice_version, consent.accepted_at, consent.recorded_at, ConsentClock(consent.clock)
        ),
        touches=await _read_touches(session, application_id),
        history=await _read_history(session, application_id, reader),
        repeats=await read_repeats(session, application_id, reader),
        duplicates=await read_duplicates(session, principal, keys=keys, application_id=application_id),
    )


async def lock_application(session: AsyncSession, principal: Principal, *, application_id: UUID) -> Application:
    """An application of the caller's units, locked until the transaction ends; raises NotFound."""
    statement = select(Application).where(
        col(Application.id) == application_id, col(Application.unit_id).in_(subtree(principal))
    )
    return await fetch_existing(session, statement.with_for_update(), "application")


def _visible(principal: Principal) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Application,
            Stage,
            col(Campaign.slug).label("campaign_slug"),
            col(Link.slug).label("link_slug"),
            col(ApplicantKey.wrapped_key).label("wrapped_key"),
            repeat_count().label("repeat_count"),
            duplicate_count(principal).label("duplicate_count"),
        )
        .join(Campaign, col(Campaign.id) == Application.campaign_id)
        .join(Stage, col(Stage.id) == Application.stage_id)
        .outerjoin(Link, col(Link.id) == Application.link_id)
        .outerjoin(ApplicantKey, col(ApplicantKey.applicant_id) == Application.applicant_id)
        .where(col(Application.unit_id).in_(subtree(principal)))
    )


async def _conditions(
    session: AsyncSession, principal: Principal, wanted: ApplicationFilters
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    intake_id = None
    if wanted.campaign_id is not None:
        campaign = await get_campaign(session, principal, campaign_id=wanted.campaign_id)
        intake_id = campaign.intake_id
        conditions.append(col(Application.campaign_id) == campaign.id)
    if wanted.link_id is not None:
        await _require_known_link(session, principal, wanted.link_id)
        conditions.append(col(Application.link_id) == wanted.link_id)
    if wanted.source == NOT_SET:
        conditions.append(col(Application.source).is_(None))
    elif wanted.source is not None:
        spelling = wanted.source.strip().lower()
        known = await canonical_sources(session, principal, spellings=[spelling])
        if spelling not in known and await _has_own(session, principal, col(Application.source) == spelling):
            known = {spelling: spelling}
        if spelling not in known:
            raise invalid_filter(
                "source", "No channel that your units may use has this source or alias.", "unknown-source"
            )
        conditions.append(col(Application.source) == known[spelling])
    if wanted.stage is not None:
        stages = await _stages_of_key(session, principal, key=wanted.stage, intake_id=intake_id)
        conditions.append(col(Application.stage_id).in_(stages))
    if wanted.stage_kind is not None:
        conditions.append(col(Stage.kind) == wanted.stage_kind.value)
    if wanted.registered_from is not None:
        with raise_as_invalid_filter():
            require_order(wanted.registered_from, wanted.registered_to, path=("registered_to",))
        conditions.append(col(Application.registered_at) >= wanted.registered_from)
    if wanted.registered_to is not None:
        conditions.append(col(Application.registered_at) < wanted.registered_to)
    if wanted.has_duplicates is not None:
        conditions.append(has_duplicates(principal) if wanted.has_duplicates else ~has_duplicates(principal))
    if wanted.has_repeats is not None:
        conditions.append(has_repeats() if wanted.has_repeats else ~has_repeats())
    return conditions


async def _require_known_link(session: AsyncSession, principal: Principal, link_id: UUID) -> None:
    """Raise NotFound unless the link is the caller's, or another unit's that the caller's own list shows."""
    if not await _has_own(session, principal, col(Application.link_id) == link_id):
        await get_link(session, principal, link_id=link_id)


async def _has_own(session: AsyncSession, principal: Principal, condition: ColumnElement[bool]) -> bool:
    statement = select(col(Application.id)).where(condition, col(Application.unit_id).in_(subtree(principal)))
    return await fetch_first(session, statement.limit(1)) is not None


async def _stages_of_key(
    session: AsyncSession, principal: Principal, *, key: str, intake_id: UUID | None
) -> Sequence[UUID]:
    """The stages of this key in the intake, or in every intake in reach; raises Invalid if there is none."""
    statement = (
        select(col(Stage.id))
        .join(Intake, col(Intake.id) == Stage.intake_id)
        .join(Programme, col(Programme.id) == Intake.programme_id)
        .where(col(Stage.key) == key, col(Programme.unit_id).in_(in_reach(principal)))
    )
    if intake_id is not None:
        statement = statement.where(col(Stage.intake_id) == intake_id)
    stages = await fetch_values(session, statement)
    if not stages:
        raise invalid_filter("stage", "No intake that your units may use has a stage with this key.", "unknown-stage")
    return stages


def _reader(row: Any, keys: KeyRing) -> PersonReader:
    return open_reader(keys, row.Application.applicant_id, row.wrapped_key)


def _summary_fields(row: Any, reader: PersonReader) -> dict[str, Any]:
    """The fields of an ApplicationSummary, which an ApplicationDetail has too."""
    application: Application = row.Application
    return {
        "id": application.id,
        "reference": application.reference,
        "name": reader.decrypt_answer(application.id, "name", application.name_sealed),
        "province": application.province,
        "campaign": SlugRef(application.campaign_id, row.campaign_slug),
        "link": SlugRef(application.link_id, row.link_slug) if application.link_id is not None else None,
        "source": application.source,
        "medium": application.medium,
        "stage": _stage_view(row.Stage),
        "registered_at": application.registered_at,
        "stage_entered_at": application.stage_entered_at,
        "repeat_count": row.repeat_count + application.dropped_repeats,
        "duplicate_count": row.duplicate_count,
        "version": application.version,
    }


def _stage_view(stage: Stage) -> StageView:
    return StageView(key=stage.key, name=stage.name, kind=stage.kind)


async def _read_touches(session: AsyncSession, application_id: UUID) -> list[TouchView]:
    statement = (
        select(Touch, Link)
        .join(Link, col(Link.id) == Touch.link_id)
        .where(col(Touch.application_id) == application_id)
        .order_by(col(Touch.position))
    )
    return [
        TouchView(link.id, link.slug, link.utm_source, link.utm_medium, touch.touched_at, TouchVerdict(touch.verdict))
        for touch, link in await fetch_rows(session, statement)
    ]


async def _read_history(session: AsyncSession, application_id: UUID, reader: PersonReader) -> list[HistoryStep]:
    left, entered = aliased(Stage), aliased(Stage)
    statement = (
        select(StageChange, left, entered)
        .outerjoin(left, col(left.id) == StageChange.from_stage_id)
        .join(entered, col(entered.id) == StageChange.to_stage_id)
        .where(col(StageChange.application_id) == application_id)
        .order_by(col(StageChange.id))
    )
    return [
        HistoryStep(
            came_from=_stage_view(came_from) if came_from else None,
            to=_stage_view(to),
            reason=reader.decrypt_reason(change.id, change.reason_sealed) if change.reason_sealed else None,
            changed_at=change.changed_at,
            actor_kind=ActorKind(change.actor_kind),
            actor_id=change.actor_id,
        )
        for change, came_from, to in await fetch_rows(session, statement)
    ]
