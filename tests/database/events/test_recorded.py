"""Every change of a link, campaign or application records its event; an update without changes records none."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from campaigns.access.types import Role
from campaigns.applicants.operations.move_stage import move_application
from campaigns.applicants.operations.register import register_candidate
from campaigns.applicants.types import ConsentGiven, RegistrationForm
from campaigns.events.models import Event
from campaigns.links.operations.planning_changes import close_campaign, reopen_campaign, update_campaign
from campaigns.links.operations.update import retire_link, update_link
from campaigns.links.types import LinkSpec
from campaigns.planning.operations.campaigns import create_campaign
from campaigns.planning.types import CampaignSpec, CampaignState
from tests.factories.links import make_link
from tests.factories.world import LANDING, World

TYPED = {
    "name": "Sari Contoh",
    "email": "sari.contoh@example.com",
    "phone": "0812-3456-7890",
    "birth_date": "2006-02-28",
    "province": "ID-JB",
}


async def recorded(session: AsyncSession) -> list[tuple[str, UUID, UUID, str, UUID | None]]:
    """All events in order, those of building the world first: type, object, unit, actor."""
    await session.flush()
    events = (await session.exec(select(Event).order_by(col(Event.position)))).all()
    return [(one.type, one.object_id, one.unit_id, one.actor_kind, one.actor_id) for one in events]


async def test_changes_of_a_link(session: AsyncSession, world: World, now: datetime) -> None:
    before = len(await recorded(session))
    caller = world.principals[Role.MARKETER]
    version: dict[str, Any] = {"expected_version": None, "now": now}
    spec = LinkSpec(channel_id=world.channel.id, name="Story")
    link = await make_link(session, caller, campaign_id=world.campaign.id, spec=spec, now=now)
    for _ in range(2):
        await update_link(session, caller, link_id=link.id, changes={"name": "Reels"}, **version)
    for _ in range(2):
        await retire_link(session, caller, link_id=link.id, **version)
    by = (world.own.id, "key", caller.actor.id)
    assert (await recorded(session))[before:] == [
        (name, link.id, *by) for name in ("link.created", "link.changed", "link.retired")
    ]


async def test_changes_of_a_campaign(session: AsyncSession, world: World, now: datetime) -> None:
    before = len(await recorded(session))
    caller = world.principals[Role.MARKETER]
    version: dict[str, Any] = {"expected_version": None, "now": now}
    campaign = await create_campaign(
        session,
        caller,
        spec=CampaignSpec(
            unit_id=world.own.id,
            intake_id=world.intake.id,
            name="Second wave",
            slug="second-wave",
            starts_at=now,
            ends_at=None,
            landing_url=LANDING,
            state=CampaignState.ACTIVE,
        ),
        now=now,
    )
    for _ in range(2):
        await update_campaign(session, caller, campaign_id=campaign.id, changes={"name": "Third wave"}, **version)
    for _ in range(2):
        await close_campaign(session, caller, campaign_id=campaign.id, **version)
    for _ in range(2):
        await reopen_campaign(session, caller, campaign_id=campaign.id, **version)
    by = (world.own.id, "key", caller.actor.id)
    assert (await recorded(session))[before:] == [
        (f"campaign.{done}", campaign.id, *by) for done in ("created", "changed", "closed", "reopened")
    ]


async def test_changes_of_an_application(session: AsyncSession, context: Context, world: World, now: datetime) -> None:
    before = len(await recorded(session))
    for idempotency_key in ("first", "first", "second"):
        await register_candidate(
            session,
            keys=context.keys,
            slug=world.campaign.slug,
            idempotency_key=idempotency_key,
            form=RegistrationForm(TYPED, ConsentGiven(notice_version="2026-1", accepted_at=now)),
            timezone=ZoneInfo("Asia/Jakarta"),
            now=now,
        )
    application_id = (await recorded(session))[before][1]
    recruiter = world.principals[Role.RECRUITER]
    await move_application(
        session,
        recruiter,
        keys=context.keys,
        application_id=application_id,
        stage_key="verified",
        reason="Documents seen.",
        expected_version=None,
        now=now + timedelta(days=1),
    )
    unit_id = world.own.id
    assert (await recorded(session))[before:] == [
        ("application.registered", application_id, unit_id, "candidate", application_id),
        ("application.repeated", application_id, unit_id, "candidate", application_id),
        ("application.moved", application_id, unit_id, "key", recruiter.actor.id),
    ]
