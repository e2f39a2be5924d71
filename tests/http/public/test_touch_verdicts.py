"""What a click token proves, and to which link a registration is credited: one visit of one person."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from campaigns.access.types import Role
from campaigns.applicants.models import Application
from campaigns.attribution.models import Touch
from campaigns.attribution.rules import MAX_TOUCH_AGE
from campaigns.clicks.bots.reasons import IS_PERSON
from campaigns.clicks.models import Agent, Click
from campaigns.clicks.tokens import sign_click
from campaigns.clicks.types import BotReason, RequestFlag
from campaigns.links.models import Link
from tests.factories.clicks import NO_REASON, NOTHING, build_agent, build_click
from tests.factories.intake import build_link, click_token, post_registration, registered, registration
from tests.factories.world import World

Tapped = Callable[..., Awaitable[str]]


@pytest.fixture
async def link(session: AsyncSession, world: World, now: datetime) -> Link:
    return await build_link(session, campaign=world.campaign, channel=world.channel, now=now)


@pytest.fixture
def tapped(session: AsyncSession, context: Context, link: Link, now: datetime) -> Tapped:
    """The click token of a stored tap."""

    async def tap(reasons: BotReason = NO_REASON, expects: RequestFlag = NOTHING, **told: Any) -> str:
        agent = build_agent(f"agent {reasons} {expects}", at=now, reasons=reasons, expects=expects)
        if await session.get(Agent, agent.id) is None:
            session.add(agent)
        click: Click = build_click(link=link, at=now - timedelta(minutes=5), agent=agent, **told)
        session.add(click)
        await session.commit()
        return sign_click(context.keys.click_token, click.id.bytes, link.id.bytes).decode()

    return tap


async def outcome(session: AsyncSession, receipt: dict[str, Any]) -> tuple[UUID | None, list[str]]:
    """The credited link of an application, and what each of its touches proves."""
    found = await session.exec(select(Application).where(Application.reference == receipt["reference"]))
    application = found.one()
    verdicts = select(Touch.verdict).where(Touch.application_id == application.id).order_by(Touch.position)  # type: ignore[arg-type]
    return application.link_id, list((await session.exec(verdicts)).all())


async def test_the_first_person_earns_the_credit_and_all_see_the_rest(
    client: httpx.AsyncClient, world: World, session: AsyncSession, link: Link, tapped: Tapped, now: datetime
) -> None:
    token = await tapped()
    receipts = [await registered(client, now, email=f"p{place}@example.com", touches=[token]) for place in range(3)]
    found = [await outcome(session, one) for one in receipts]
    assert found == [(link.id, ["visit"]), (None, ["shared"]), (None, ["shared"])]
    answer = await client.get("/v1/applications?source=(not set)", headers=world.as_role(Role.RECRUITER))
    assert len(answer.json()["items"]) == 2
    today = datetime.now(UTC).date().isoformat()
    figures = await client.post(
        "/v1/statistics/query",
        json={
            "metrics": ["registrations", "conversion_rate"],
            "dimensions": ["link"],
            "date_range": {"from": today, "to": today},
            "timezone": "Etc/UTC",
        },
        headers=world.as_role(Role.VIEWER),
    )
    assert {row["dimensions"][0]: row["metrics"] for row in figures.json()["results"]} == {
        link.slug: [1, 1.0],
        "(not set)": [2, None],
    }
    quality = figures.json()["meta"]["quality"]
    assert (quality["unattributed_registrations"], quality["shared_touches"]) == (2, 2)


async def test_one_tap_counts_for_one_person_with_every_unit(
    client: httpx.AsyncClient, world: World, session: AsyncSession, link: Link, tapped: Tapped, now: datetime
) -> None:
    body = registration(now, touches=[await tapped()])
    receipts = [
        (await post_registration(client, body, slug=slug)).json()
        for slug in (world.campaign.slug, world.foreign_campaign.slug)
    ]
    assert [await outcome(session, one) for one in receipts] == [(link.id, ["visit"])] * 2


async def test_a_refused_registration_claims_nothing(
    client: httpx.AsyncClient, session: AsyncSession, link: Link, tapped: Tapped, now: datetime
) -> None:
    token = await tapped()
    assert (await post_registration(client, registration(now, name="", touches=[token]))).status_code == 422
    receipt = await registered(client, now, email="another@example.com", touches=[token])
    assert await outcome(session, receipt) == (link.id, ["visit"])


async def test_a_fresh_tap_of_ones_own_earns_the_credit_beside_a_shared_one(
    client: httpx.AsyncClient, session: AsyncSession, link: Link, tapped: Tapped, now: datetime
) -> None:
    shared = await tapped()
    await registered(client, now, touches=[shared])
    receipt = await registered(client, now, email="another@example.com", touches=[shared, await tapped()])
    assert (await outcome(session, receipt))[0] == link.id


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ({"reasons": BotReason.CRAWLER}, "robot"),
        ({"reasons": BotReason.PREVIEW}, "robot"),
        ({"reasons": BotReason.AUTOMATED}, "robot"),
        ({"reasons": BotReason.EMPTY_AGENT}, "robot"),
        ({"observed": RequestFlag.HEAD}, "robot"),
        ({"observed": RequestFlag.SUBRESOURCE}, "robot"),
        ({"reasons": BotReason.AUTOMATED, "observed": RequestFlag.BURST}, "robot"),
        # Guesses, which a registration refutes.
        ({"observed": RequestFlag.BURST}, "visit"),
        ({"observed": RequestFlag.PREFETCH}, "visit"),
        ({"expects": RequestFlag.ACCEPT}, "visit"),
        ({}, "visit"),
    ],
)
async def test_a_robots_tap_proves_no_visit(
    client: httpx.AsyncClient,
    session: AsyncSession,
    link: Link,
    tapped: Tapped,
    now: datetime,
    told: dict[str, Any],
    verdict: str,
) -> None:
    receipt = await registered(client, now, touches=[await tapped(**told)])
    assert await outcome(session, receipt) == (link.id if verdict == "visit" else None, [verdict])


@pytest.mark.parametrize(
    ("told", "restored"),
    [
        ({"observed": RequestFlag.BURST}, 1),
        ({"observed": RequestFlag.PREFETCH}, 1),
        ({"expects": RequestFlag.ACCEPT}, 1),
        ({"reasons": BotReason.AUTOMATED, "observed": RequestFlag.BURST}, 0),
        ({"observed": RequestFlag.HEAD}, 0),
        ({"observed": RequestFlag.SUBRESOURCE}, 0),
    ],
)
async def test_a_tap_that_somebody_registered_with_counts_and_the_other_taps_do_not(
    client: httpx.AsyncClient, session: AsyncSession, tapped: Tapped, now: datetime, told: dict[str, Any], restored: int
) -> None:
    token, _ = await tapped(**told), await tapped(**told)
    clicks = select(func.count()).select_from(Click).outerjoin(Agent, col(Agent.id) == Click.agent_id).where(IS_PERSON)
    assert (await session.exec(clicks)).one() == 0
    await registered(client, now, touches=[token])
    assert (await session.exec(clicks)).one() == restored


async def test_a_tap_is_proven_by_the_first_who_brings_it_only(
    client: httpx.AsyncClient, session: AsyncSession, tapped: Tapped, now: datetime
) -> None:
    tokens = [await tapped(observed=RequestFlag.BURST) for _ in range(2)]
    for place in range(3):
        await registered(client, now, email=f"p{place}@example.com", touches=tokens[:1])
    proven = select(func.count()).select_from(Click).where(Click.observed == RequestFlag.BURST | RequestFlag.PROVEN)
    assert (await session.exec(proven)).one() == 1


async def test_an_old_click_expires_and_one_that_is_not_stored_does_not(
    client: httpx.AsyncClient, session: AsyncSession, context: Context, link: Link, now: datetime
) -> None:
    old = click_token(context.keys, link.id, now - MAX_TOUCH_AGE - timedelta(minutes=1))
    recent = click_token(context.keys, link.id, now - MAX_TOUCH_AGE + timedelta(minutes=1))
    assert await outcome(session, await registered(client, now, touches=[old])) == (None, ["expired"])
    receipt = await registered(client, now, email="another@example.com", touches=[old, recent])
    assert await outcome(session, receipt) == (link.id, ["expired", "visit"])
