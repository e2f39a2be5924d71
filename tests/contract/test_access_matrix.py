"""Who may do what: every operation of the document, for every role, on an own and on a foreign unit's object.

An operation that is not in RULES fails, so a new route needs its rule here. The rules repeat the scopes on purpose: a
route that asks for less than it should is found by the difference.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from campaigns.access.models import AuditEntry
from campaigns.access.rules import ROLES
from campaigns.access.types import Role, Scope
from campaigns.applicants.models import Application
from campaigns.applicants.operations.register import register_candidate
from campaigns.applicants.types import ConsentGiven, RegistrationForm
from campaigns.links.operations.insert import insert_link
from campaigns.links.types import LinkSpec
from campaigns.planning.models import Campaign, Unit
from campaigns.planning.operations.channels import create_channel
from campaigns.planning.operations.programmes import create_intake, create_programme
from campaigns.planning.rules import DEFAULT_STAGES
from tests.contract.document import operations
from tests.factories.world import World

NEVER_SEEN = uuid4()


@dataclass(frozen=True)
class Objects:
    """Ids of one unit's objects, as they stand in paths and bodies."""

    unit: str
    programme: str
    intake: str
    campaign: str
    campaign_slug: str
    channel: str
    link: str
    application: str
    # Shared by both sides, so that only the unit decides.
    shared_intake: str
    shared_channel: str


# A body is JSON, or a text such as a sheet.
Build = Callable[[Objects], tuple[str, dict[str, Any] | str | None]]


@dataclass(frozen=True)
class Rule:
    """The scope an operation needs and how to ask for it; `lists` are answered without the foreign objects, not 404.

    Where objects stand in the body by a word of theirs, a foreign one is an unknown word (`unknown`), not 404.
    """

    scope: Scope
    build: Build
    lists: bool = False
    unknown: str | None = None


def at(path: str) -> Build:
    return lambda objects: (path.format_map(vars(objects)), None)


def sent(path: str, **body: Any) -> Build:
    def build(objects: Objects) -> tuple[str, dict[str, Any]]:
        return path.format_map(vars(objects)), {name: filled(value, objects) for name, value in body.items()}

    return build


def filled(value: Any, objects: Objects) -> Any:
    if isinstance(value, list):
        return [filled(one, objects) for one in value]
    return value.format_map(vars(objects)) if isinstance(value, str) else value


def sheet(path: str, *lines: str) -> Build:
    return lambda objects: (path, "\r\n".join(line.format_map(vars(objects)) for line in lines))


PLANNED = {"opens_at": "2026-01-01T00:00:00Z", "closes_at": "2027-01-01T00:00:00Z"}
NOTICE = {"notice_version": "1", "notice_url": "https://daftar.example/privasi"}
DATES = {"from": "2026-11-01", "to": "2026-11-30"}
READ, PLAN, RUN = Scope.PLANNING_READ, Scope.PLANNING_WRITE, Scope.CAMPAIGNS_WRITE

RULES: dict[str, Rule] = {
    "units_create": Rule(PLAN, sent("/v1/units", parent_id="{unit}", kind="district", name="New", code="NEW")),
    "units_list": Rule(READ, at("/v1/units"), lists=True),
    "units_get": Rule(READ, at("/v1/units/{unit}")),
    "units_change": Rule(PLAN, sent("/v1/units/{unit}", name="Changed")),
    "programmes_create": Rule(PLAN, sent("/v1/programmes", unit_id="{unit}", name="New", slug="new")),
    "programmes_list": Rule(READ, at("/v1/programmes"), lists=True),
    "programmes_get": Rule(READ, at("/v1/programmes/{programme}")),
    "programmes_change": Rule(PLAN, sent("/v1/programmes/{programme}", name="Changed")),
    "programmes_close": Rule(PLAN, at("/v1/programmes/{programme}/close")),
    "intakes_create": Rule(PLAN, sent("/v1/intakes", programme_id="{programme}", name="New", **PLANNED, **NOTICE)),
    "intakes_list": Rule(READ, at("/v1/intakes"), lists=True),
    "intakes_get": Rule(READ, at("/v1/intakes/{intake}")),
    "intakes_change": Rule(PLAN, sent("/v1/intakes/{intake}", name="Changed")),
    "intakes_close": Rule(PLAN, at("/v1/intakes/{intake}/close")),
    "campaigns_create": Rule(
        RUN,
        sent(
            "/v1/campaigns",
            unit_id="{unit}",
            intake_id="{shared_intake}",
            name="New",
            slug="new",
            starts_at="2026-01-01T00:00:00Z",
            landing_url="https://daftar.example/",
        ),
    ),
    "campaigns_list": Rule(READ, at("/v1/campaigns"), lists=True),
    "campaigns_get": Rule(READ, at("/v1/campaigns/{campaign}")),
    "campaigns_change": Rule(RUN, sent("/v1/campaigns/{campaign}", name="Changed")),
    "campaigns_close": Rule(RUN, at("/v1/campaigns/{campaign}/close")),
    "channels_create": Rule(RUN, sent("/v1/channels", unit_id="{unit}", name="New", source="new", medium="new")),
    "channels_list": Rule(READ, at("/v1/channels"), lists=True),
    "channels_get": Rule(READ, at("/v1/channels/{channel}")),
    "channels_change": Rule(RUN, sent("/v1/channels/{channel}", name="Changed")),
    "channels_close": Rule(RUN, at("/v1/channels/{channel}/close")),
    "links_create": Rule(
        Scope.LINKS_WRITE, sent("/v1/links", campaign_id="{campaign}", channel_id="{shared_channel}", name="New")
    ),
    "links_bulk": Rule(
        Scope.LINKS_WRITE,
        sent(
            "/v1/links/bulk",
            campaign_id="{campaign}",
            channel_ids=["{shared_channel}"],
            contents=["new"],
            name="New",
        ),
    ),
    "links_import": Rule(
        Scope.LINKS_WRITE,
        sheet("/v1/links/import", "campaign,source,name", "{campaign_slug},instagram,New"),
        unknown="/rows/1/campaign",
    ),
    "links_export": Rule(Scope.LINKS_READ, at("/v1/links/export"), lists=True),
    "links_list": Rule(Scope.LINKS_READ, at("/v1/links"), lists=True),
    "links_get": Rule(Scope.LINKS_READ, at("/v1/links/{link}")),
    "links_change": Rule(Scope.LINKS_WRITE, sent("/v1/links/{link}", name="Changed")),
    "links_retire": Rule(Scope.LINKS_WRITE, at("/v1/links/{link}/retire")),
    "links_qr_svg": Rule(Scope.LINKS_READ, at("/v1/links/{link}/qr.svg")),
    "links_qr_png": Rule(Scope.LINKS_READ, at("/v1/links/{link}/qr.png")),
    "applications_list": Rule(Scope.APPLICATIONS_READ, at("/v1/applications"), lists=True),
    "applications_get": Rule(Scope.APPLICATIONS_READ, at("/v1/applications/{application}")),
    "applications_move": Rule(
        Scope.APPLICATIONS_WRITE, sent("/v1/applications/{application}/stage", stage="verified", reason="Seen.")
    ),
    "statistics_query": Rule(
        Scope.STATISTICS_READ,
        sent("/v1/statistics/query", metrics=["registrations"], dimensions=["campaign"], date_range=DATES),
        lists=True,
    ),
    "audit_list": Rule(Scope.AUDIT_READ, at("/v1/audit-entries"), lists=True),
}

# What anybody may ask for; the status of an application needs its token, which its own tests cover.
PUBLIC = {"public_campaign", "public_register", "public_status", "health_live", "health_ready", "health_metrics"}
# Asks, though it is sent with POST.
CHANGES_NOTHING = {"statistics_query"}


METHODS = {operation["operationId"]: method for _, method, operation in operations()}


@pytest.fixture
async def sides(session: AsyncSession, world: World, context: Context, now: datetime) -> tuple[Objects, Objects]:
    """The same objects in the own and in the foreign unit."""

    async def side(unit: Unit, campaign: Campaign, mark: str) -> Objects:
        programme = await create_programme(session, world.admin, unit_id=unit.id, name=mark, slug=mark, now=now)
        intake = await create_intake(
            session,
            world.admin,
            programme_id=programme.id,
            name=mark,
            opens_at=world.intake.opens_at,
            closes_at=world.intake.closes_at,
            notice_version="1",
            notice_url="https://daftar.example/privasi",
            stages=DEFAULT_STAGES,
            now=now,
        )
        channel = await create_channel(
            session, world.admin, unit_id=unit.id, name=mark, source=mark, medium="social", aliases=[], now=now
        )
        link = await insert_link(
            session,
            world.admin,
            campaign_id=campaign.id,
            spec=LinkSpec(channel_id=world.channel.id, name=mark, slug=f"{mark}-link"),
            now=now,
        )
        receipt = await register_candidate(
            session,
            keys=context.keys,
            slug=campaign.slug,
            idempotency_key=mark,
            form=RegistrationForm(
                typed={
                    "name": f"Calon {mark}",
                    "email": f"{mark}@example.com",
                    "phone": "081234567890",
                    "birth_date": "2006-01-02",
                    "province": "ID-JB",
                },
                consent=ConsentGiven("2026-1", now),
                touches=[],
            ),
            timezone=ZoneInfo("Asia/Jakarta"),
            now=now,
        )
        found = await session.exec(select(Application.id).where(Application.reference == receipt.reference))
        return Objects(
            unit=str(unit.id),
            programme=str(programme.id),
            intake=str(intake.id),
            campaign=str(campaign.id),
            campaign_slug=campaign.slug,
            channel=str(channel.id),
            link=str(link.id),
            application=str(found.one()),
            shared_intake=str(world.intake.id),
            shared_channel=str(world.channel.id),
        )

    own = await side(world.own, world.campaign, "own")
    foreign = await side(world.foreign, world.foreign_campaign, "foreign")
    await session.commit()
    return own, foreign


async def ask(client: httpx.AsyncClient, operation: str, objects: Objects, headers: dict[str, str]) -> httpx.Response:
    path, body = RULES[operation].build(objects)
    headers = {**headers, "Idempotency-Key": uuid4().hex}
    if isinstance(body, str):
        sheet_headers = {**headers, "Content-Type": "text/csv"}
        return await client.request(METHODS[operation], path, content=body, headers=sheet_headers)
    return await client.request(METHODS[operation], path, json=body, headers=headers)


def test_every_operation_has_its_rule() -> None:
    assert set(RULES) | PUBLIC == set(METHODS)
    assert not set(RULES) & PUBLIC


@pytest.mark.parametrize("operation", sorted(RULES))
def test_the_document_names_the_scope(operation: str) -> None:
    (described,) = [one for _, _, one in operations() if one["operationId"] == operation]
    assert described["security"] == [{"api_key": [RULES[operation].scope]}]


@pytest.mark.parametrize("operation", sorted(PUBLIC))
def test_public_operations_need_no_key(operation: str) -> None:
    (described,) = [one for _, _, one in operations() if one["operationId"] == operation]
    assert all("api_key" not in scheme for scheme in described.get("security", []))


async def test_without_a_valid_key_there_is_no_answer(
    client: httpx.AsyncClient, world: World, sides: tuple[Objects, Objects]
) -> None:
    good = world.secrets[Role.ADMINISTRATOR]
    flipped = good[:-1] + ("a" if good[-1] != "a" else "b")
    for operation in RULES:
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": f"Bearer {flipped}"}):
            answer = await ask(client, operation, sides[0], headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), operation


@pytest.mark.parametrize("operation", sorted(RULES))
async def test_role_and_unit_decide(
    client: httpx.AsyncClient,
    connection: AsyncConnection,
    world: World,
    sides: tuple[Objects, Objects],
    operation: str,
) -> None:
    for role in Role:
        untouched = await connection.begin_nested()
        if RULES[operation].scope in ROLES[role]:
            await expect_own_units_only(client, connection, operation, sides, world.as_role(role))
        else:
            await expect_refusal(client, connection, operation, sides, world.as_role(role))
        await untouched.rollback()


async def entries(connection: AsyncConnection) -> int:
    return int((await connection.execute(select(func.count()).select_from(AuditEntry))).scalar_one())


async def expect_refusal(
    client: httpx.AsyncClient,
    connection: AsyncConnection,
    operation: str,
    sides: tuple[Objects, Objects],
    headers: dict[str, str],
) -> None:
    before = await entries(connection)
    for objects in sides:
        answer = await ask(client, operation, objects, headers)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:missing-scope")
    assert await entries(connection) == before


async def expect_own_units_only(
    client: httpx.AsyncClient,
    connection: AsyncConnection,
    operation: str,
    sides: tuple[Objects, Objects],
    headers: dict[str, str],
) -> None:
    own, foreign = sides
    before = await entries(connection)
    answer = await ask(client, operation, foreign, headers)
    if RULES[operation].lists:
        assert answer.status_code == 200
        for hidden in ("foreign", foreign.unit, foreign.campaign, foreign.link, foreign.application):
            assert hidden not in answer.text
    elif (unknown := RULES[operation].unknown) is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [unknown]
        assert answer.status_code == 422
    else:
        assert answer.status_code == 404, answer.text
    assert await entries(connection) == before
    answer = await ask(client, operation, own, headers)
    assert answer.status_code in (200, 201), answer.text
    writes = METHODS[operation] != "get" and operation not in CHANGES_NOTHING
    assert await entries(connection) - before == (1 if writes else 0)


@pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER])
async def test_marketers_and_viewers_never_see_personal_data(
    client: httpx.AsyncClient,
    connection: AsyncConnection,
    world: World,
    sides: tuple[Objects, Objects],
    role: Role,
) -> None:
    for operation in RULES:
        untouched = await connection.begin_nested()
        answer = await ask(client, operation, sides[0], world.as_role(role))
        for personal in ("Calon own", "own@example.com", "81234567890", "2006-01-02"):
            assert personal not in answer.text, operation
        await untouched.rollback()
