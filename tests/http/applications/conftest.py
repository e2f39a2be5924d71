"""Applications to work with."""

from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.applicants.models import Application
from tests.factories.intake import MakeApplication, registered
from tests.factories.world import World


@pytest.fixture
def recruiter(world: World) -> dict[str, str]:
    return world.as_role(Role.RECRUITER)


@pytest.fixture
def application(client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime) -> MakeApplication:
    """Register through the own unit's campaign; returns the stored row."""

    async def make(**changed: Any) -> Application:
        receipt = await registered(client, now, **changed)
        found = await session.exec(select(Application).where(Application.reference == receipt["reference"]))
        return found.one()

    return make
