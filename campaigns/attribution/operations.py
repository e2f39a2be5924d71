"""Writes of attribution: the touches a candidate brought, and the facts that figures are sums of.

Both are called by the applicants slice inside the transaction of the registration or move they belong to.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.attribution.models import Conversion, Touch
from campaigns.attribution.rules import conversion_changes, journey, last_touch
from campaigns.attribution.types import ConversionContext, Credit, VerifiedTouch
from campaigns.clicks.tokens import read_click
from campaigns.links.models import Link
from campaigns.planning.types import StageKind


async def verified_journey(
    session: AsyncSession, *, click_key: bytes, tokens: Sequence[str]
) -> tuple[list[VerifiedTouch], Credit | None]:
    """The touches that a candidate's click tokens prove, oldest first, and the credit they earn.

    Tokens that another key signed, that are damaged, or whose link is unknown are left out without a word: a
    registration never fails because of its touches.
    """
    read = [token for token in (read_click(click_key, text) for text in tokens) if token is not None]
    named = {token.link_id for token in read}
    rows = await session.exec(select(Link.id, Link.utm_source, Link.utm_medium).where(col(Link.id).in_(named)))
    known = {link_id: Credit(link_id, source, medium) for link_id, source, medium in rows.all()}
    touches = journey(
        VerifiedTouch(token.click_id, token.link_id, token.clicked_at) for token in read if token.link_id in known
    )
    last = last_touch(touches)
    return touches, known[last.link_id] if last else None


def record_touches(session: AsyncSession, *, application_id: UUID, touches: Sequence[VerifiedTouch]) -> None:
    """Keep the touches of an application that is stored; positions count from 1."""
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
    session: AsyncSession, counted: ConversionContext, *, entered: StageKind, now: datetime
) -> None:
    """Write the facts of an application entering a stage of the kind.

    The caller holds the application's row, so that two entries of one application follow each other.
    """
    standing = await session.exec(
        select(Conversion.stage_kind)
        .where(Conversion.application_id == counted.application_id)
        .group_by(col(Conversion.stage_kind))
        .having(func.sum(Conversion.change) > 0)
    )
    before = frozenset(StageKind(kind) for kind in standing.all())
    session.add_all(
        Conversion(
            application_id=counted.application_id,
            stage_kind=kind.value,
            change=change,
            occurred_at=now,
            unit_id=counted.unit_id,
            intake_id=counted.intake_id,
            campaign_id=counted.campaign_id,
            link_id=counted.link_id,
            source=counted.source,
            medium=counted.medium,
        )
        for kind, change in conversion_changes(before, entered)
    )
