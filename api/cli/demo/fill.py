"""`jaring demo`: fills an empty database with invented units, campaigns, links, taps and applicants.

Uses the domain's operations; only taps are written directly into their tables, as the redirect does.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.cli.database import current_database
from api.cli.demo import data as demo_data
from api.cli.demo.keys import is_empty, save_keys
from api.cli.errors import CommandError
from api.cli.program import command
from api.cli.sessions import in_transaction
from campaigns.access.operations import create_key
from campaigns.access.types import SYSTEM, Actor, ActorKind, Principal, Role
from campaigns.applicants.models import Application
from campaigns.applicants.operations.move_stage import move_application
from campaigns.applicants.operations.register import register_candidate
from campaigns.applicants.types import ConsentGiven, RegistrationForm
from campaigns.clicks.models import Click, OrphanTap
from campaigns.clicks.tokens import sign_click
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.encryption.cipher import KeyRing
from campaigns.kit.encryption.master_key import prepare_keys
from campaigns.kit.ids import uuid7_at
from campaigns.kit.settings import Settings
from campaigns.links.models import Link
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

DAYS = 14
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
        force, secrets = await _make_force(session, now)
        for row in demo_data.LINKS:
            await _make_link(session, force, keys, row, chance, settings, now)
        for slug, number in demo_data.UNATTRIBUTED.items():
            for _ in range(number):
                moment = now - timedelta(hours=chance.uniform(1, 24 * DAYS))
                await _register(session, force, keys, slug, [], chance, settings, moment)
        for moment in _moments(chance, demo_data.MISSPELT_TAPS, now):
            session.add(
                OrphanTap(
                    id=_id_at(moment), slug=demo_data.MISSPELT, clicked_at=moment, visitor=_visitor(chance, moment)
                )
            )
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
    session: AsyncSession,
    force: _Force,
    keys: KeyRing,
    row: tuple[str, str, str, str, str | None, int, int],
    chance: random.Random,
    settings: Settings,
    now: datetime,
) -> None:
    slug, name, campaign, source, content, taps, registrations = row
    created = await create_link(
        session,
        force.admin,
        campaign_id=force.campaigns[campaign].id,
        spec=LinkSpec(channel_id=force.channels[source].id, name=name, slug=slug, utm_content=content),
        timezone=settings.zone,
        now=now,
    )
    (link,) = created.links
    clicks = [_click(link, moment, chance) for moment in _moments(chance, taps, now)]
    session.add_all(clicks)
    for click in chance.sample(clicks, registrations):
        token = sign_click(keys.click_token, click.id.bytes, link.id.bytes).decode()
        moment = min(now, click.clicked_at + timedelta(minutes=chance.uniform(3, 40)))
        await _register(session, force, keys, campaign, [token], chance, settings, moment)


async def _register(
    session: AsyncSession,
    force: _Force,
    keys: KeyRing,
    campaign: str,
    touches: list[str],
    chance: random.Random,
    settings: Settings,
    moment: datetime,
) -> None:
    name = f"{chance.choice(demo_data.FIRST_NAMES)} {chance.choice(demo_data.LAST_NAMES)}"
    number = chance.randrange(10**9)
    born = moment.date() - timedelta(days=chance.randrange(18 * 366, 22 * 365))
    receipt = await register_candidate(
        session,
        keys=keys,
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
        timezone=settings.zone,
        now=moment,
    )
    found = await session.exec(select(Application.id).where(Application.reference == receipt.reference))
    application_id = found.one()
    await _move_on(session, force, keys, application_id, chance, moment)


async def _move_on(
    session: AsyncSession,
    force: _Force,
    keys: KeyRing,
    application_id: UUID,
    chance: random.Random,
    moment: datetime,
) -> None:
    luck = chance.random()
    way = [stage for stage, share in demo_data.PROGRESS if luck < share]
    if not way and luck > 1 - demo_data.REJECTED:
        way = ["rejected"]
    for number, stage in enumerate(way, start=1):
        await move_application(
            session,
            force.admin,
            keys=keys,
            application_id=application_id,
            stage_key=stage,
            reason="Demo",
            expected_version=None,
            now=moment + timedelta(minutes=number),
        )


def _moments(chance: random.Random, number: int, now: datetime) -> list[datetime]:
    """Random times within the last days, in whole milliseconds as a click has."""
    ends = int(now.timestamp() * 1000)
    begins = ends - DAYS * 86_400_000
    return [datetime.fromtimestamp(chance.randrange(begins, ends) / 1000, UTC) for _ in range(number)]


def _click(link: Link, moment: datetime, chance: random.Random) -> Click:
    return Click(
        campaign_id=link.campaign_id,
        id=_id_at(moment),
        link_id=link.id,
        clicked_at=moment,
        visitor=_visitor(chance, moment),
    )


def _id_at(moment: datetime) -> UUID:
    return uuid7_at(round(moment.timestamp() * 1000))


def _visitor(chance: random.Random, moment: datetime) -> int:
    # Few enough that some visitors tap twice in a day; numbers differ between days.
    return (moment + timedelta(hours=7)).toordinal() * 1000 + chance.randrange(60)
