"""Concurrent registrations, on several connections with real commits."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import httpx
from sqlmodel import SQLModel, func, select

from api.http.context import Context
from campaigns.applicants.models import Applicant, ApplicantKey, Application, Consent, RepeatedApplication
from campaigns.attribution.models import Conversion
from campaigns.kit.models import IdempotencyRecord
from tests.factories.intake import post_registration, registration


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
