"""`jaring demo`: fills an empty database with invented units, campaigns, links, taps and applicants.

Uses the domain's operations; only taps are written directly into their tables, as the redirect writes them.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.cli.database import current_database
from api.cli.demo import data as demo_data
from api.cli.demo.keys import is_empty, save_keys
from api.cli.demo.phones import PHONES, ROBOTS, ROBOTS_PER_HUNDRED
from api.cli.demo.taps import DAYS, TapInventor
from api.cli.errors import CommandError
from api.cli.program import command
from api.cli.sessions import in_transaction
from campaigns.access.operations import create_key
from campaigns.access.types import SYSTEM, Actor, ActorKind, Principal, Role
from campaigns.applicants.models import Application
from campaigns.applicants.operations.move_stage import move_application
from campaigns.applicants.operations.register import register_candidate
from campaigns.applicants.types import ConsentGiven, RegistrationForm
from campaigns.clicks.tokens import sign_click
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.encryption.master_key import prepare_keys
from campaigns.kit.settings import Settings
from campaigns.links.operations.create import create_link
from campaigns.links.types import LinkSpec
from campaigns.planning.models import Campaign, Channel, Unit
from campaigns.planning.operations.campaigns import create_campaign
from campaigns.planning.operations.channels import create_channel
from campaigns.planning.operations.intakes import create_intake
from campaigns.planning.operations.programmes import create_programme
from campaigns.planning.operations.units import create_root_unit, create_unit
from campaigns.planning.rules import DEFAULT_STAGES
from campaigns.planning.types import CampaignSpec, CampaignState, ChannelSpec, IntakeSpec

KEY_LIFE = timedelta(days=365)
NOTICE_VERSION = "2026-1"
# A fixed seed, so that newcomers see the figures of the documentation.
SEED = 2027


@dataclass(frozen=True, slots=True)
class _Force:
    """The objects that the demo has created so far."""

    admin: Principal
    units: dict[str, Unit]
    channels: dict[str, Channel]
    campaigns: dict[str, Campaign]


@dataclass(frozen=True, slots=True)
class _Run:
    """What all that is invented goes by."""

    keys: KeyRing
    zone: ZoneInfo
    chance: random.Random
    taps: TapInventor
    now: datetime


def fill_with_demo() -> str:
    """Fill the configured database; raises CommandError if it has data."""
    settings = Settings()
    with current_database(settings) as url:
        if not is_empty(url):
            raise CommandError("The database is not empty. The demo needs an empty database")
        fill(settings, url)
    return f"The database now contains the demo data. `{command('serve --demo')}` prints its keys."


def fill(settings: Settings, url: str) -> None:
    """Fill an empty database in one transaction, and save the created keys."""
    keys = prepare_keys(psycopg_conninfo(url), settings.master_key, settings.data)
    now = datetime.now(UTC)

    async def work(session: AsyncSession) -> dict[str, str]:
        chance = random.Random(SEED)  # noqa: S311 - invented figures, no secret
        taps = TapInventor(chance, settings.zone, now)
        run = _Run(keys, settings.zone, chance, taps, now)
        force, secrets = await _make_force(session, now)
        for row in demo_data.LINKS:
            await _make_link(session, run, force, row)
        for slug, number in demo_data.UNATTRIBUTED.items():
            for moment in taps.moments(number):
                await _register(session, run, force, slug, [], moment)
        session.add_all(taps.orphan_taps(demo_data.MISSPELT, PHONES["poster"], demo_data.MISSPELT_TAPS))
        session.add_all(taps.agents())
        return secrets

    save_keys(settings, in_transaction(url, work))


async def _make_force(session: AsyncSession, now: datetime) -> tuple[_Force, dict[str, str]]:
    national = await create_root_unit(
        session, actor=SYSTEM, name="Mabes", code="ID", allowed_hosts=[demo_data.ALLOWED_HOST], now=now
    )
    secrets: dict[str, str] = {}
    admin: Principal | None = None
    for role in (Role.MARKETER, Role.RECRUITER, Role.ADMINISTRATOR):
        key, secrets[role.value] = await create_key(
            session,
            actor=SYSTEM,
            name=f"Demo {role.value}",
            role=role,
            unit_id=national.id,
            unit_path=national.path,
            life=KEY_LIFE,
            now=now,
        )
        admin = Principal(actor=Actor(ActorKind.KEY, key.id), role=role, unit_id=national.id, unit_path=national.path)
    if admin is None:
        raise RuntimeError("the demo created no key")
    units = {"ID": national}
    for code, name, kind, parent in demo_data.UNITS:
        units[code] = await create_unit(
            session, admin, parent_id=units[parent].id, kind=kind, name=name, code=code, allowed_hosts=[], now=now
        )
    programme = await create_programme(session, admin, unit_id=national.id, name="Bintara", slug="bintara", now=now)
    intake = await create_intake(
        session,
        admin,
        spec=IntakeSpec(
            programme_id=programme.id,
            name="Bintara 2027",
            opens_at=now - timedelta(days=DAYS + 1),
            closes_at=now + timedelta(days=90),
            notice_version=NOTICE_VERSION,
            notice_url=demo_data.NOTICE,
            stages=DEFAULT_STAGES,
        ),
        now=now,
    )
    channels = {
        source: (
            await create_channel(
                session,
                admin,
                spec=ChannelSpec(unit_id=national.id, name=name, source=source, medium=medium, aliases=aliases),
                now=now,
            )
        ).row
        for name, source, medium, aliases in demo_data.CHANNELS
    }
    campaigns = {
        slug: await create_campaign(
            session,
            admin,
            spec=CampaignSpec(
                unit_id=units[unit].id,
                intake_id=intake.id,
                name=name,
                slug=slug,
                starts_at=now - timedelta(days=DAYS + 1),
                ends_at=None,
                landing_url=demo_data.LANDING,
                state=CampaignState.ACTIVE,
            ),
            now=now,
        )
        for slug, name, unit in demo_data.CAMPAIGNS
    }
    return _Force(admin, units, channels, campaigns), secrets


async def _make_link(
    session: AsyncSession, run: _Run, force: _Force, row: tuple[str, str, str, str, str | None, int, int]
) -> None:
    slug, name, campaign, source, content, taps, registrations = row
    created = await create_link(
        session,
        force.admin,
        campaign_id=force.campaigns[campaign].id,
        spec=LinkSpec(channel_id=force.channels[source].id, name=name, slug=slug, utm_content=content),
        timezone=run.zone,
        now=run.now,
    )
    (link,) = created.links
    clicks = run.taps.taps(link, PHONES[source], taps)
    session.add_all(clicks)
    session.add_all(run.taps.taps(link, ROBOTS, round(taps * ROBOTS_PER_HUNDRED / 100)))
    for click in run.chance.sample(clicks, registrations):
        token = sign_click(run.keys.click_token, click.id.bytes, link.id.bytes).decode()
        moment = min(run.now, click.clicked_at + timedelta(minutes=run.chance.uniform(3, 40)))
        await _register(session, run, force, campaign, [token], moment)


async def _register(
    session: AsyncSession, run: _Run, force: _Force, campaign: str, touches: list[str], moment: datetime
) -> None:
    chance = run.chance
    name = f"{chance.choice(demo_data.FIRST_NAMES)} {chance.choice(demo_data.LAST_NAMES)}"
    number = chance.randrange(10**9)
    born = moment.date() - timedelta(days=chance.randrange(18 * 366, 22 * 365))
    receipt = await register_candidate(
        session,
        keys=run.keys,
        slug=campaign,
        idempotency_key=f"demo-{number}",
        form=RegistrationForm(
            typed={
                "name": name,
                "email": f"{name.replace(' ', '.').lower()}.{number}@example.com",
                "phone": f"0812{number % 10**8:08d}",
                "birth_date": born.isoformat(),
                "province": chance.choice(["ID-JB", "ID-JI"]),
            },
            consent=ConsentGiven(NOTICE_VERSION, moment),
            touches=touches,
        ),
        timezone=run.zone,
        now=moment,
    )
    found = await session.exec(select(Application.id).where(Application.reference == receipt.reference))
    await _move_on(session, run, force, found.one(), moment)


async def _move_on(session: AsyncSession, run: _Run, force: _Force, application_id: UUID, moment: datetime) -> None:
    """Move an application that was made at `moment` through the stages that its luck allows until now."""
    luck = run.chance.random()
    way = [stage for stage, share in demo_data.PROGRESS if luck < share]
    if not way and luck > 1 - demo_data.REJECTED:
        way = ["rejected"]
    for number, stage in enumerate(way, start=1):
        await move_application(
            session,
            force.admin,
            keys=run.keys,
            application_id=application_id,
            stage_key=stage,
            reason="Demo",
            expected_version=None,
            now=moment + (run.now - moment) * number / (len(way) + 1),
        )
