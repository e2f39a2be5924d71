"""Links as a caller would create them, for tests that are about something else."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal
from campaigns.links.models import Link
from campaigns.links.operations.create import create_link
from campaigns.links.types import LinkSpec


async def make_link(
    session: AsyncSession, principal: Principal, *, campaign_id: UUID, spec: LinkSpec, now: datetime
) -> Link:
    """The link of the spec, created with Jakarta's local date."""
    created = await create_link(
        session, principal, campaign_id=campaign_id, spec=spec, timezone=ZoneInfo("Asia/Jakarta"), now=now
    )
    (link,) = created.links
    return link
