"""Concurrent registrations, on several connections with real commits."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import httpx
from sqlmodel import SQLModel, func, select

from api.http.context import Context
from campaigns.applicants.models import (
    Applicant,
    ApplicantKey,
    Application,
    Consent,
    ProposedDuplicate,
    RepeatedApplication,
)
from campaigns.applicants.operations.propose_duplicates import MOST_FOR_EACH
from campaigns.attribution.models import Conversion, Touch
from campaigns.attribution.types import TouchVerdict
from campaigns.clicks.models import Click, ClickClaim
from campaigns.clicks.tokens import sign_click
from campaigns.clicks.types import RequestFlag
from campaigns.kit.models import IdempotencyRecord
from tests.factories.clicks import build_click
from tests.factories.intake import build_link, click_token, post_registration, registration
from tests.factories.world import World


async def counted(context: Context, tables: Sequence[type[SQLModel]]) -> list[int]:
    async with context.sessions() as session:
        return [(await session.exec(select(func.count()).select_from(table))).one() for table in tables]


async def test_fifty_with_one_key_are_one_application_and_one_answer(
    committing: Context, committing_client: httpx.AsyncClient, now: datetime
) -> None:
    body = registration(now)
    answers = await asyncio.gather(*(post_registration(committing_client, body, key="double tap") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    tables: list[type[SQLModel]] = [
        Applicant,
        ApplicantKey,
        Application,
        Consent,
        Conversion,
        IdempotencyRecord,
        RepeatedApplication,
    ]
    assert await counted(committing, tables) == [1, 1, 1, 1, 1, 1, 0]


async def test_twenty_of_one_person_are_one_application_and_nineteen_repeats(
    committing: Context, committing_client: httpx.AsyncClient, now: datetime
) -> None:
    answers = await asyncio.gather(*(post_registration(committing_client, registration(now)) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["reference"] for answer in answers}) == 20
    tables: list[type[SQLModel]] = [
        Applicant,
        ApplicantKey,
        Application,
        Consent,
        Conversion,
        IdempotencyRecord,
        RepeatedApplication,
    ]
    assert await counted(committing, tables) == [1, 1, 1, 1, 1, 20, 19]
    for answer in answers:
        receipt = answer.json()
        status = await committing_client.get(
            f"/v1/public/applications/{receipt['reference']}", headers={"Status-Token": receipt["status_token"]}
        )
        assert status.status_code == 200


async def test_twenty_people_do_not_wait_for_each_other_for_ever(
    committing: Context, committing_client: httpx.AsyncClient, now: datetime
) -> None:
    bodies = [registration(now, email=f"p{number}@example.com") for number in range(20)]
    answers = await asyncio.gather(*(post_registration(committing_client, body) for body in bodies))
    assert {answer.status_code for answer in answers} == {201}
    assert await counted(committing, [Applicant, Application, RepeatedApplication]) == [20, 20, 0]


async def test_twenty_who_share_all_but_the_birth_date_are_twenty_and_see_each_other(
    committing: Context, committing_client: httpx.AsyncClient, now: datetime
) -> None:
    """Registrations with anything in common wait for each other, so that none overlooks another."""
    bodies = [registration(now, birth_date=f"2006-02-{day:02}") for day in range(1, 21)]
    answers = await asyncio.gather(*(post_registration(committing_client, body) for body in bodies))
    assert {answer.status_code for answer in answers} == {201}
    pairs = sum(min(earlier, MOST_FOR_EACH) for earlier in range(20))
    assert await counted(committing, [Applicant, Application, ProposedDuplicate]) == [20, 20, pairs]


async def test_one_person_with_two_units_at_once_is_one_person_with_two_applications(
    committing: Context, committing_client: httpx.AsyncClient, committed_world: World, now: datetime
) -> None:
    slugs = [committed_world.campaign.slug, committed_world.foreign_campaign.slug] * 5
    sent = (post_registration(committing_client, registration(now), slug=slug) for slug in slugs)
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {201}
    tables: list[type[SQLModel]] = [Applicant, Application, RepeatedApplication, ProposedDuplicate]
    assert await counted(committing, tables) == [1, 2, 8, 1]


async def test_of_twenty_with_the_same_clicks_one_earns_the_credit(
    committing: Context, committing_client: httpx.AsyncClient, committed_world: World, now: datetime
) -> None:
    """Whatever order they name the clicks in, they wait for each other and never deadlock."""
    async with committing.sessions() as session:
        link = await build_link(session, campaign=committed_world.campaign, channel=committed_world.channel, now=now)
    tokens = [click_token(committing.keys, link.id, now) for _ in range(5)]
    bodies = [
        registration(now, email=f"p{number}@example.com", touches=tokens[:: 1 if number % 2 else -1])
        for number in range(20)
    ]
    answers = await asyncio.gather(*(post_registration(committing_client, body) for body in bodies))
    assert {answer.status_code for answer in answers} == {201}
    async with committing.sessions() as session:
        by_verdict = await session.exec(select(Touch.verdict, func.count()).group_by(Touch.verdict))
        assert dict(by_verdict.all()) == {TouchVerdict.VISIT: 5, TouchVerdict.SHARED: 95}
        credited = select(func.count()).where(Application.link_id == link.id)
        assert (await session.exec(credited)).one() == 1
    assert await counted(committing, [ClickClaim]) == [5]


async def test_a_candidate_does_not_wait_while_bursts_are_marked(
    committing: Context, committing_client: httpx.AsyncClient, committed_world: World, now: datetime
) -> None:
    async with committing.sessions() as session:
        link = await build_link(session, campaign=committed_world.campaign, channel=committed_world.channel, now=now)
        click = build_click(link=link, at=now, observed=RequestFlag.BURST)
        token = sign_click(committing.keys.click_token, click.id.bytes, link.id.bytes).decode()
        session.add(click)
        await session.commit()
        await session.exec(select(Click.id).with_for_update())
        answer = await post_registration(committing_client, registration(now, touches=[token]))
        assert answer.status_code == 201
        await session.rollback()
    async with committing.sessions() as session:
        assert (await session.exec(select(Touch.verdict))).all() == [TouchVerdict.VISIT]
