"""The data of most tests: a national unit, two provinces, a district, one programme, and campaigns."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import create_key
from campaigns.access.types import SYSTEM, Actor, ActorKind, Principal, Role
from campaigns.planning.models import Campaign, Channel, Intake, Programme, Unit
from campaigns.planning.operations.campaigns import create_campaign
from campaigns.planning.operations.channels import create_channel
from campaigns.planning.operations.intakes import create_intake
from campaigns.planning.operations.programmes import create_programme
from campaigns.planning.operations.units import create_root_unit, create_unit
from campaigns.planning.rules import DEFAULT_STAGES
from campaigns.planning.types import CampaignSpec, CampaignState, ChannelSpec, IntakeSpec, UnitKind

LANDING = "https://daftar.example/bintara"


@dataclass
class World:
    """`own` is the unit of the keys in `secrets`; `foreign` is its sibling; `district` is below `own`."""

    national: Unit
    own: Unit
    foreign: Unit
    district: Unit
    admin: Principal
    programme: Programme
    intake: Intake
    channel: Channel
    campaign: Campaign
    foreign_campaign: Campaign
    secrets: dict[Role, str] = field(default_factory=dict)
    principals: dict[Role, Principal] = field(default_factory=dict)

    def as_role(self, role: Role) -> dict[str, str]:
        """Headers of a request made with the own unit's key of the role."""
        return {"Authorization": f"Bearer {self.secrets[role]}"}


def principal_of(unit: Unit, role: Role, key_id: UUID) -> Principal:
    return Principal(actor=Actor(ActorKind.KEY, key_id), role=role, unit_id=unit.id, unit_path=unit.path)


async def build_campaign(
    session: AsyncSession, admin: Principal, *, unit: Unit, intake: Intake, slug: str, now: datetime
) -> Campaign:
    """An active campaign that takes registrations now."""
    return await create_campaign(
        session,
        admin,
        spec=CampaignSpec(
            unit_id=unit.id,
            intake_id=intake.id,
            name=f"Campaign {slug}",
            slug=slug,
            starts_at=now - timedelta(days=1),
            ends_at=None,
            landing_url=LANDING,
            state=CampaignState.ACTIVE,
        ),
        now=now,
    )


async def build_world(session: AsyncSession, *, now: datetime) -> World:
    national = await create_root_unit(
        session, actor=SYSTEM, name="National", code="ID", allowed_hosts=["daftar.example"], now=now
    )
    life = timedelta(days=30)
    key, _ = await create_key(
        session,
        actor=SYSTEM,
        name="national",
        role=Role.ADMINISTRATOR,
        unit_id=national.id,
        unit_path=national.path,
        life=life,
        now=now,
    )
    admin = principal_of(national, Role.ADMINISTRATOR, key.id)

    async def unit(parent: Unit, kind: UnitKind, name: str, code: str) -> Unit:
        return await create_unit(
            session, admin, parent_id=parent.id, kind=kind, name=name, code=code, allowed_hosts=[], now=now
        )

    own = await unit(national, UnitKind.PROVINCE, "West Java", "ID-JB")
    foreign = await unit(national, UnitKind.PROVINCE, "Bali", "ID-BA")
    district = await unit(own, UnitKind.DISTRICT, "Bandung", "ID-JB-BDG")
    programme = await create_programme(session, admin, unit_id=national.id, name="Bintara", slug="bintara", now=now)
    intake = await create_intake(
        session,
        admin,
        spec=IntakeSpec(
            programme_id=programme.id,
            name="2027",
            opens_at=now - timedelta(days=2),
            closes_at=now + timedelta(days=60),
            notice_version="2026-1",
            notice_url="https://daftar.example/privacy",
            stages=DEFAULT_STAGES,
        ),
        now=now,
    )
    written = await create_channel(
        session,
        admin,
        spec=ChannelSpec(
            unit_id=national.id, name="Instagram", source="instagram", medium="social", aliases=["ig", "insta"]
        ),
        now=now,
    )
    channel = written.row
    world = World(
        national=national,
        own=own,
        foreign=foreign,
        district=district,
        admin=admin,
        programme=programme,
        intake=intake,
        channel=channel,
        campaign=await build_campaign(session, admin, unit=own, intake=intake, slug="bintara-jabar", now=now),
        foreign_campaign=await build_campaign(
            session, admin, unit=foreign, intake=intake, slug="bintara-bali", now=now
        ),
    )
    for role in Role:
        key, secret = await create_key(
            session,
            actor=SYSTEM,
            name=role.value,
            role=role,
            unit_id=own.id,
            unit_path=own.path,
            life=life,
            now=now,
        )
        world.secrets[role] = secret
        world.principals[role] = principal_of(own, role, key.id)
    return world


async def reloaded(session: AsyncSession, world: World) -> World:
    """The same world with its rows read into another session."""
    rows: dict[str, Any] = {
        name: await session.get_one(type(value), value.id)
        for name, value in vars(world).items()
        if isinstance(value, Unit | Programme | Intake | Channel | Campaign)
    }
    return replace(world, **rows)
