"""Links as rows, with what a check of them depends on, and findings about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.kit.ids import new_id
from campaigns.links.destination_checks.types import Finding
from campaigns.links.models import Link
from campaigns.links.types import CheckVerdict
from tests.factories.world import LANDING, World

OK = Finding(CheckVerdict.OK, "The page answers.", 200, LANDING, 1, True, True, True)
GONE = Finding(
    CheckVerdict.BROKEN, "The destination leads to a page that answers 410 Gone.", 410, LANDING, 0, None, None, None
)
AWAY = Finding(
    CheckVerdict.UNREACHABLE, "The destination leads to a host that does not exist.", None, None, 0, None, None, None
)


async def put_link(session: AsyncSession, world: World, now: datetime, **fields: Any) -> Link:
    """A stored link of the world's campaign that nobody has scheduled yet."""
    link_id: UUID = new_id()
    link = Link(
        **{
            "id": link_id,
            "campaign_id": world.campaign.id,
            "channel_id": world.channel.id,
            "name": "Story",
            "slug": f"s{link_id.hex[-12:]}",
            "destination": LANDING,
            "utm_source": "instagram",
            "utm_medium": "social",
            "utm_campaign": "bintara-jabar",
            "state": "active",
            "created_at": now,
            **fields,
        }
    )
    session.add(link)
    await session.flush()
    return link
