"""Keys beyond those of the world: any unit, any role."""

from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import create_key
from campaigns.access.types import SYSTEM, Role
from campaigns.planning.models import Unit


async def headers_of_new_key(session: AsyncSession, *, unit: Unit, role: Role, now: datetime) -> dict[str, str]:
    """Headers of a request made with a key of the unit; the key is committed."""
    _, secret = await create_key(
        session,
        actor=SYSTEM,
        name=f"{unit.code} {role}",
        role=role,
        unit_id=unit.id,
        unit_path=unit.path,
        life=timedelta(days=1),
        now=now,
    )
    await session.commit()
    return {"Authorization": f"Bearer {secret}"}
