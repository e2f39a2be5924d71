"""Writes of attribution: an application's touches with what each proves, and its conversions, which figures sum up.

The applicants slice calls them inside the transaction of the registration or move they belong to.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.attribution.models import Conversion, Touch
from campaigns.attribution.queries import robots_clicks
from campaigns.attribution.rules import conversion_changes, is_expired, last_visit, order_touches
from campaigns.attribution.types import ConversionContext, Credit, JudgedTouch, TouchVerdict, VerifiedTouch
from campaigns.clicks.models import Click, ClickClaim
from campaigns.clicks.tokens import read_click
from campaigns.clicks.types import RequestFlag
from campaigns.kit.database.rows import fetch_values
from campaigns.links.models import Link
from campaigns.planning.types import StageKind


async def verify_touches(
    session: AsyncSession, *, click_key: bytes, tokens: Sequence[str], applicant_id: UUID, now: datetime
) -> tuple[list[JudgedTouch], Credit | None]:
    """The touches in a candidate's click tokens, oldest first, and the credit of the last that proves a visit.

    Tokens that are damaged, were signed with another key or name an unknown link are ignored: a registration never
    fails because of its touches. Clicks that nobody brought before are now this applicant's; another registration with
    one of them waits here until the transaction ends.
    """
    clicks = [click for click in (read_click(click_key, token) for token in tokens) if click is not None]
    link_ids = {click.link_id for click in clicks}
    rows = await session.exec(
        select(Link.id, Link.campaign_id, Link.utm_source, Link.utm_medium).where(col(Link.id).in_(link_ids))
    )
    links = {link_id: (campaign_id, Credit(link_id, *channel)) for link_id, campaign_id, *channel in rows.all()}
    touches = order_touches(
        VerifiedTouch(click.click_id, links[click.link_id][0], click.link_id, click.clicked_at)
        for click in clicks
        if click.link_id in links
    )
    verdicts = await _judge(session, touches, applicant_id, now)
    judged = [JudgedTouch(touch, verdicts[touch.click_id]) for touch in touches]
    await _mark_proven(session, [one.touch for one in judged if one.verdict is TouchVerdict.VISIT])
    credited = last_visit(judged)
    return judged, links[credited.link_id][1] if credited else None


async def _judge(
    session: AsyncSession, touches: Sequence[VerifiedTouch], applicant_id: UUID, now: datetime
) -> Mapping[UUID, TouchVerdict]:
    """What each click proves. Only what may prove a visit is claimed."""
    verdicts = {one.click_id: TouchVerdict.EXPIRED for one in touches if is_expired(one, now=now)}
    recent = [one for one in touches if one.click_id not in verdicts]
    verdicts |= dict.fromkeys(await robots_clicks(session, recent), TouchVerdict.ROBOT)
    persons = [one for one in recent if one.click_id not in verdicts]
    claimed = await _claim(session, persons, applicant_id)
    shared = {one.click_id: TouchVerdict.SHARED for one in persons if one.click_id not in claimed}
    return verdicts | shared | dict.fromkeys(claimed, TouchVerdict.VISIT)


async def _claim(session: AsyncSession, touches: Sequence[VerifiedTouch], applicant_id: UUID) -> set[UUID]:
    """Those of the clicks that this applicant brings first, or brought first in an earlier registration."""
    if not touches:
        return set()
    # In order of the key, so that two registrations with the same clicks cannot deadlock.
    keys = sorted((one.campaign_id, one.click_id) for one in touches)
    claims = [{"campaign_id": key[0], "click_id": key[1], "applicant_id": applicant_id} for key in keys]
    inserted = await session.exec(
        insert(ClickClaim).values(claims).on_conflict_do_nothing().returning(col(ClickClaim.click_id))
    )
    claimed = {click_id for (click_id,) in inserted.all()}
    if len(claimed) < len(keys):
        own = select(ClickClaim.click_id).where(
            tuple_(col(ClickClaim.campaign_id), col(ClickClaim.click_id)).in_(keys),
            ClickClaim.applicant_id == applicant_id,
        )
        claimed |= set(await fetch_values(session, own))
    return claimed


async def _mark_proven(session: AsyncSession, visits: Sequence[VerifiedTouch]) -> None:
    """Let the taps of the visits count as a person's, whatever was guessed of them.

    Taps that bursts are being marked in, or that are not stored yet, are left to the next round
    (`clicks.proven`): a candidate does not wait for it.
    """
    if not visits:
        return
    free = (
        select(Click.campaign_id, Click.id)
        .where(
            tuple_(col(Click.campaign_id), col(Click.id)).in_([(one.campaign_id, one.click_id) for one in visits]),
            col(Click.observed).bitwise_and(RequestFlag.PROVEN.value) == 0,
        )
        .with_for_update(key_share=True, skip_locked=True)
        .cte("free")
    )
    await session.exec(
        update(Click)
        .where(col(Click.campaign_id) == free.c.campaign_id, col(Click.id) == free.c.id)
        .values(observed=col(Click.observed).bitwise_or(RequestFlag.PROVEN.value))
        .execution_options(synchronize_session=False)
    )


def record_touches(session: AsyncSession, *, application_id: UUID, touches: Sequence[JudgedTouch]) -> None:
    """Store the touches of an application, oldest first; positions count from 1."""
    session.add_all(
        Touch(
            application_id=application_id,
            position=position,
            click_id=one.touch.click_id,
            link_id=one.touch.link_id,
            touched_at=one.touch.touched_at,
            verdict=one.verdict.value,
        )
        for position, one in enumerate(touches, start=1)
    )


async def record_stage_entry(
    session: AsyncSession, context: ConversionContext, *, entered: StageKind, now: datetime
) -> None:
    """Store the conversions of an application that enters a stage of the kind.

    The caller must hold a lock on the application's row, so that two moves of one application are counted in order.
    """
    counted = await session.exec(
        select(Conversion.stage_kind)
        .where(Conversion.application_id == context.application_id)
        .group_by(col(Conversion.stage_kind))
        .having(func.sum(Conversion.change) > 0)
    )
    before = frozenset(StageKind(kind) for kind in counted.all())
    session.add_all(
        Conversion(
            application_id=context.application_id,
            stage_kind=kind.value,
            change=change,
            occurred_at=now,
            unit_id=context.unit_id,
            intake_id=context.intake_id,
            campaign_id=context.campaign_id,
            link_id=context.link_id,
            source=context.source,
            medium=context.medium,
        )
        for kind, change in conversion_changes(before, entered)
    )
