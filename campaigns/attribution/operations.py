"""Writes of attribution: an application's touches, and its conversions, which the figures are sums of.

The applicants slice calls them inside the transaction of the registration or move they belong to.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.attribution.models import Conversion, Touch
from campaigns.attribution.rules import conversion_changes, last_touch, order_touches
from campaigns.attribution.types import ConversionContext, Credit, VerifiedTouch
from campaigns.clicks.tokens import read_click
from campaigns.links.models import Link
from campaigns.planning.types import StageKind


async def verify_touches(
    session: AsyncSession, *, click_key: bytes, tokens: Sequence[str]
) -> tuple[list[VerifiedTouch], Credit | None]:
    """The touches that a candidate's click tokens prove, oldest first, and the credit of the last one.

    Tokens that are damaged, were signed with another key or name an unknown link are ignored: a registration never
    fails because of its touches.
    """
    clicks = [click for click in (read_click(click_key, token) for token in tokens) if click is not None]
    link_ids = {click.link_id for click in clicks}
    rows = await session.exec(select(Link.id, Link.utm_source, Link.utm_medium).where(col(Link.id).in_(link_ids)))
    credits = {link_id: Credit(link_id, source, medium) for link_id, source, medium in rows.all()}
    touches = order_touches(
        VerifiedTouch(click.click_id, click.link_id, click.clicked_at) for click in clicks if click.link_id in credits
    )
    last = last_touch(touches)
    return touches, credits[last.link_id] if last else None


def record_touches(session: AsyncSession, *, application_id: UUID, touches: Sequence[VerifiedTouch]) -> None:
    """Store the touches of an application, oldest first; positions count from 1."""
    session.add_all(
        Touch(
            application_id=application_id,
            position=position,
            click_id=touch.click_id,
            link_id=touch.link_id,
            touched_at=touch.touched_at,
        )
        for position, touch in enumerate(touches, start=1)
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
