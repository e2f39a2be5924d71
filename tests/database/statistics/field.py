"""The links, agents and campaigns on three levels that statistics tests ask about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal, Role
from campaigns.clicks.models import Agent
from campaigns.links.models import Link
from campaigns.planning.models import Campaign, Unit
from tests.factories.world import World, principal_of


@dataclass
class Field:
    """The world with two more campaigns, a few links and agents; `links` by slug, each with its campaign."""

    world: World
    campaigns: dict[str, Campaign]
    links: dict[str, Link]
    agents: list[Agent]
    now: datetime

    def units(self) -> dict[str, Unit]:
        return {
            unit.code: unit for unit in (self.world.national, self.world.own, self.world.foreign, self.world.district)
        }

    def viewer(self, unit: Unit) -> Principal:
        return principal_of(unit, Role.VIEWER, uuid4())


async def store(session: AsyncSession, rows: Iterable[SQLModel]) -> None:
    session.add_all(rows)
    await session.flush()
