"""What locking a link keeps others from, and what not."""

from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.links.queries import lock_link
from campaigns.links.types import LinkSpec
from tests.factories.links import make_link
from tests.factories.world import World


async def try_to_lock(url: str, table: str, row_id: UUID, strength: str) -> None:
    """Lock a row as another transaction would; raises psycopg.errors.LockNotAvailable instead of waiting."""
    async with await psycopg.AsyncConnection.connect(psycopg_conninfo(url)) as other:
        await other.execute(f"SELECT FROM {table} WHERE id = %s FOR {strength} NOWAIT".encode(), (row_id,))


async def test_a_locked_link_can_be_referred_to_but_not_changed(
    committing_sessions: async_sessionmaker[AsyncSession], committing_url: str, committed_world: World, now: datetime
) -> None:
    world, marketer = committed_world, committed_world.principals[Role.MARKETER]
    spec = LinkSpec(channel_id=world.channel.id, name="Story")
    async with committing_sessions() as session, session.begin():
        link = await make_link(session, marketer, campaign_id=world.campaign.id, spec=spec, now=now)
    async with committing_sessions() as session, session.begin():
        await lock_link(session, marketer, link_id=link.id)
        await try_to_lock(committing_url, "links", link.id, "KEY SHARE")  # as a new row that refers to it does
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await try_to_lock(committing_url, "links", link.id, "NO KEY UPDATE")
        # Changes of other links of the campaign, and of the campaign, do not wait.
        await try_to_lock(committing_url, "campaigns", world.campaign.id, "UPDATE")
    await try_to_lock(committing_url, "links", link.id, "UPDATE")
