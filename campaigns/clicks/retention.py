"""How long taps are kept. Those on links are kept for good, since figures are counted from them."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.clicks.models import OrphanTap


async def delete_old_orphans(session: AsyncSession, *, kept: timedelta, now: datetime) -> int:
    """Delete taps on unknown links that are older than `kept`; returns how many."""
    old = delete(OrphanTap).where(col(OrphanTap.clicked_at) < now - kept)
    return (await session.exec(old.execution_options(synchronize_session=False))).rowcount
