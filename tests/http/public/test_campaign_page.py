"""A campaign's public data, which a front end needs for the form."""

from datetime import datetime, timedelta

import httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.links.operations.planning_changes import close_campaign
from campaigns.planning.models import Campaign
from campaigns.planning.operations.campaigns import create_campaign
from campaigns.planning.types import CampaignSpec, CampaignState
from tests.factories.world import LANDING, World

ADDRESS = "/v1/public/campaigns"


async def campaign_of(
    session: AsyncSession,
    world: World,
    *,
    slug: str,
    now: datetime,
    starts_at: datetime,
    ends_at: datetime | None = None,
    state: CampaignState = CampaignState.ACTIVE,
) -> Campaign:
    campaign = await create_campaign(
        session,
        world.admin,
        spec=CampaignSpec(
            unit_id=world.own.id,
            intake_id=world.intake.id,
            name=slug,
            slug=slug,
            starts_at=starts_at,
            ends_at=ends_at,
            landing_url=LANDING,
            state=state,
        ),
        now=now,
    )
    await session.commit()
    return campaign


async def test_shows_the_campaign_and_its_form_without_a_key(client: httpx.AsyncClient, world: World) -> None:
    answer = await client.get(f"{ADDRESS}/{world.campaign.slug}")
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert {name: page[name] for name in ("name", "slug", "unit_name", "programme_name", "intake_name")} == {
        "name": world.campaign.name,
        "slug": "bintara-jabar",
        "unit_name": "West Java",
        "programme_name": "Bintara",
        "intake_name": "2027",
    }
    assert page["registration"] == "open"
    assert page["notice"] == {"version": "2026-1", "url": "https://daftar.example/privacy"}
    assert [(field["key"], field["type"], field["required"], field["max_length"]) for field in page["fields"]] == [
        ("name", "text", True, 200),
        ("email", "email", True, 254),
        ("phone", "phone", True, 32),
        ("birth_date", "date", True, None),
        ("province", "choice", True, None),
    ]
    choices = page["fields"][-1]["choices"]
    assert len(choices) == 38
    assert {"value": "ID-PD", "label": "Papua Barat Daya"} in choices


async def test_opens_when_both_are_open_and_closes_with_the_first(
    client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
) -> None:
    starts, ends = now + timedelta(days=3), now + timedelta(days=9)
    await campaign_of(session, world, slug="short", now=now, starts_at=starts, ends_at=ends)
    await campaign_of(session, world, slug="long", now=now, starts_at=now - timedelta(days=9))
    short = (await client.get(f"{ADDRESS}/short")).json()
    assert (short["registration"], datetime.fromisoformat(short["opens_at"])) == ("not_yet_open", starts)
    assert datetime.fromisoformat(short["closes_at"]) == ends
    long = (await client.get(f"{ADDRESS}/long")).json()
    assert datetime.fromisoformat(long["opens_at"]) == world.intake.opens_at
    assert datetime.fromisoformat(long["closes_at"]) == world.intake.closes_at


async def test_a_closed_campaign_is_shown_as_closed(
    client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
) -> None:
    await close_campaign(session, world.admin, campaign_id=world.campaign.id, expected_version=None, now=now)
    await session.commit()
    assert (await client.get(f"{ADDRESS}/{world.campaign.slug}")).json()["registration"] == "closed"


async def test_drafts_and_unknown_slugs_are_the_same_404(
    client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
) -> None:
    await campaign_of(session, world, slug="draft", now=now, starts_at=now, state=CampaignState.DRAFT)
    answers = [await client.get(f"{ADDRESS}/{slug}") for slug in ("draft", "nowhere")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


async def test_refuses_what_is_no_slug(client: httpx.AsyncClient, world: World) -> None:
    for odd in ("%00", "A%20B", "x" * 61, "%F0%28%8C%28"):
        answer = await client.get(f"{ADDRESS}/{odd}")
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == "parameter:slug"
