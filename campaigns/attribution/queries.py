"""Reads of attribution: which clicks that candidates bring were a robot's taps."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.attribution.types import VerifiedTouch
from campaigns.clicks.bots.reasons import REASONS, REFUTABLE
from campaigns.clicks.models import Agent, Click
from campaigns.kit.database.rows import fetch_values


async def robots_clicks(session: AsyncSession, touches: Collection[VerifiedTouch]) -> set[UUID]:
    """Those of the clicks that were no person's tap, whatever was registered with them.

    A click that is not stored yet (it waits in a journal) is taken for a person's.
    """
    if not touches:
        return set()
    statement = (
        select(col(Click.id))
        .outerjoin(Agent, col(Agent.id) == col(Click.agent_id))
        .where(
            tuple_(col(Click.campaign_id), col(Click.id)).in_([(one.campaign_id, one.click_id) for one in touches]),
            REASONS.bitwise_and(~REFUTABLE.value) != 0,
        )
    )
    return set(await fetch_values(session, statement))
