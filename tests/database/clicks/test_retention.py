"""Taps on unknown links end after their time, those on links never."""

from datetime import UTC, datetime, timedelta

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.clicks.models import OrphanTap
from campaigns.clicks.retention import delete_old_orphans
from tests.factories.clicks import build_orphan_click

NOW = datetime(2026, 11, 25, 5, tzinfo=UTC)


async def test_what_is_older_than_its_time_is_deleted(session: AsyncSession) -> None:
    kept = timedelta(days=400)
    session.add_all(build_orphan_click(at=NOW - age) for age in (timedelta(), kept, kept + timedelta(microseconds=1)))
    await session.flush()
    assert await delete_old_orphans(session, kept=kept, now=NOW) == 1
    left = (await session.exec(select(OrphanTap.clicked_at))).all()
    assert sorted(left) == [NOW - kept, NOW]
