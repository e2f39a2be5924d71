"""Requests of the link tests, and their links and channels."""

from datetime import datetime
from typing import Any

import httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.links.types import LinkSpec
from campaigns.planning.models import Unit
from campaigns.planning.operations.channels import create_channel
from campaigns.planning.types import ChannelSpec
from tests.factories.links import make_link
from tests.factories.world import World


def body(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "campaign_id": str(world.campaign.id),
        "channel_id": str(world.channel.id),
        "name": "Instagram story, first week",
        "slug": "bintara-story-1",
        "destination": "https://daftar.example/bintara?lang=id&utm_source=typed#form",
        "utm_term": "Pagi",
        "utm_content": " Story  1 ",
        **changed,
    }


async def make(client: httpx.AsyncClient, world: World, **changed: Any) -> dict[str, Any]:
    made = await client.post("/v1/links", json=body(world, **changed), headers=world.as_role(Role.MARKETER))
    assert made.status_code == 201, made.text
    link: dict[str, Any] = made.json()
    del link["corrections"]  # which only the answer to making it has
    return link


async def poster_channel(world: World, session: AsyncSession, unit: Unit, now: datetime) -> str:
    """The id of a channel of the unit, created by the national administrator."""
    written = await create_channel(
        session,
        world.admin,
        spec=ChannelSpec(unit_id=unit.id, name="Poster", source="poster", medium="print", aliases=[]),
        now=now,
    )
    await session.commit()
    return str(written.row.id)


async def foreign_link(world: World, session: AsyncSession, now: datetime) -> str:
    """The id of a link of the other province's campaign."""
    link = await make_link(
        session,
        world.admin,
        campaign_id=world.foreign_campaign.id,
        spec=LinkSpec(channel_id=world.channel.id, name="Bali", slug="bali-story"),
        now=now,
    )
    await session.commit()
    return str(link.id)
