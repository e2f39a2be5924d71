"""The same objects in the own and in the foreign unit, for requests to every operation."""

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from campaigns.applicants.models import Application, ProposedDuplicate
from campaigns.applicants.operations.register import register_candidate
from campaigns.applicants.types import ConsentGiven, RegistrationForm
from campaigns.links.types import LinkSpec
from campaigns.planning.models import Campaign, Unit
from campaigns.planning.operations.channels import create_channel
from campaigns.planning.operations.intakes import create_intake
from campaigns.planning.operations.programmes import create_programme
from campaigns.planning.rules import DEFAULT_STAGES
from campaigns.planning.types import ChannelSpec, IntakeSpec
from tests.contract.requests import Objects
from tests.factories.links import make_link
from tests.factories.world import World


@pytest.fixture
async def sides(session: AsyncSession, world: World, context: Context, now: datetime) -> tuple[Objects, Objects]:
    """The same objects in the own and in the foreign unit."""

    async def registered(campaign: Campaign, address: str, mark: str) -> str:
        receipt = await register_candidate(
            session,
            keys=context.keys,
            slug=campaign.slug,
            idempotency_key=address,
            form=RegistrationForm(
                typed={
                    "name": f"Calon {mark}",
                    "email": f"{address}@example.com",
                    "phone": "081234567890",
                    "birth_date": "2006-01-02",
                    "province": "ID-JB",
                },
                consent=ConsentGiven("2026-1", now),
                touches=[],
            ),
            timezone=ZoneInfo("Asia/Jakarta"),
            # A second apart, so that the ids follow.
            now=now + timedelta(seconds=len(address)),
        )
        return receipt.reference

    async def application_of(reference: str) -> UUID:
        return (await session.exec(select(Application.id).where(Application.reference == reference))).one()

    async def side(unit: Unit, campaign: Campaign, mark: str) -> Objects:
        programme = await create_programme(session, world.admin, unit_id=unit.id, name=mark, slug=mark, now=now)
        intake = await create_intake(
            session,
            world.admin,
            spec=IntakeSpec(
                programme_id=programme.id,
                name=mark,
                opens_at=world.intake.opens_at,
                closes_at=world.intake.closes_at,
                notice_version="1",
                notice_url="https://daftar.example/privasi",
                stages=DEFAULT_STAGES,
            ),
            now=now,
        )
        written = await create_channel(
            session,
            world.admin,
            spec=ChannelSpec(unit_id=unit.id, name=mark, source=mark, medium="social", aliases=[]),
            now=now,
        )
        channel = written.row
        link = await make_link(
            session,
            world.admin,
            campaign_id=campaign.id,
            spec=LinkSpec(channel_id=world.channel.id, name=mark, slug=f"{mark}-link"),
            now=now,
        )
        receipts = [await registered(campaign, address, mark) for address in (mark, f"{mark}.again")]
        first, second = [await application_of(receipt) for receipt in receipts]
        duplicate = await session.exec(
            select(ProposedDuplicate.id).where(
                ProposedDuplicate.first_application_id == first, ProposedDuplicate.second_application_id == second
            )
        )
        return Objects(
            unit=str(unit.id),
            programme=str(programme.id),
            intake=str(intake.id),
            campaign=str(campaign.id),
            campaign_slug=campaign.slug,
            channel=str(channel.id),
            link=str(link.id),
            application=str(first),
            duplicate=str(duplicate.one()),
            shared_intake=str(world.intake.id),
            shared_channel=str(world.channel.id),
        )

    own = await side(world.own, world.campaign, "own")
    foreign = await side(world.foreign, world.foreign_campaign, "foreign")
    await session.commit()
    return own, foreign
