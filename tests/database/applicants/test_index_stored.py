"""Persons that release 0.1 stored by the e-mail address alone come under today's rules, and nobody is lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from campaigns.access.types import Role
from campaigns.applicants.blind_indexes import first_release_index
from campaigns.applicants.encryption import open_vault
from campaigns.applicants.models import Applicant, ApplicantKey, Application, ProposedDuplicate, RepeatedApplication
from campaigns.applicants.operations.index_stored import index_next_person
from campaigns.applicants.receipts import new_receipt, token_digest
from campaigns.applicants.types import Answers, ConsentGiven, Receipt
from campaigns.attribution.models import Conversion
from campaigns.kit.ids import new_id
from campaigns.planning.models import Campaign
from tests.factories.intake import post_registration, registered, registration
from tests.factories.keys import headers_of_new_key
from tests.factories.world import World

FAMILY = "keluarga@example.com"
OLDER = Answers("Kakak Contoh", FAMILY, "+6281234567890", date(2006, 2, 28), "ID-JB")
YOUNGER = Answers("Adik Contoh", FAMILY, "+6281234567891", date(2008, 3, 1), "ID-JB")


@dataclass
class Stored:
    """What release 0.1 left: the older one's application, and receipts of what it stored as repeats of it."""

    older: Mapping[str, Any]
    again: Receipt
    younger: Receipt
    younger_again: Receipt
    elsewhere: Receipt


@pytest.fixture
async def stored(
    client: httpx.AsyncClient, world: World, session: AsyncSession, context: Context, now: datetime
) -> Stored:
    older = await registered(client, now, name=OLDER.name, email=FAMILY)
    application = (await session.exec(select(Application))).one()
    key = await session.get_one(ApplicantKey, application.applicant_id)
    vault = open_vault(context.keys, application.applicant_id, key.wrapped_key)

    async def repeated(answers: Answers, campaign: Campaign, minutes: int) -> Receipt:
        receipt = new_receipt(campaign.slug, now - timedelta(minutes=minutes))
        repeat_id = new_id()
        consent = ConsentGiven("2026-1", receipt.registered_at - timedelta(seconds=5))
        session.add(
            RepeatedApplication(
                id=repeat_id,
                application_id=application.id,
                campaign_id=campaign.id,
                reference=receipt.reference,
                status_token_digest=token_digest(receipt.status_token),
                registered_at=receipt.registered_at,
                answers_sealed=vault.encrypt_repeat(repeat_id, answers, consent),
            )
        )
        await session.flush()
        return receipt

    receipts = [
        await repeated(OLDER, world.campaign, 40),
        await repeated(YOUNGER, world.campaign, 30),
        await repeated(YOUNGER, world.campaign, 20),
        await repeated(OLDER, world.foreign_campaign, 10),
    ]
    unknown = {"email_index": None, "email_skeleton_index": None, "name_birth_date_index": None}
    await session.exec(update(Application).values(**unknown))
    await session.exec(
        update(Applicant).values(identity_index=None, email_index=first_release_index(context.keys, FAMILY))
    )
    await session.commit()
    return Stored(older, *receipts)


async def index_all(session: AsyncSession, context: Context, now: datetime) -> int:
    persons = 0
    while await index_next_person(session, keys=context.keys, now=now):
        persons += 1
    await session.commit()
    return persons


async def reference_of(session: AsyncSession, table: type[Application] | type[RepeatedApplication]) -> set[str]:
    return set((await session.exec(select(table.reference))).all())


async def test_those_of_a_family_and_of_other_units_get_applications(
    client: httpx.AsyncClient, world: World, session: AsyncSession, context: Context, now: datetime, stored: Stored
) -> None:
    assert await index_all(session, context, now) == 1
    assert await reference_of(session, Application) == {
        stored.older["reference"],
        stored.younger.reference,
        stored.elsewhere.reference,
    }
    assert await reference_of(session, RepeatedApplication) == {stored.again.reference, stored.younger_again.reference}
    recruiter = world.as_role(Role.RECRUITER)
    listed = (await client.get("/v1/applications", headers=recruiter)).json()["items"]
    assert [(item["name"], item["repeat_count"], item["duplicate_count"]) for item in listed] == [
        (OLDER.name, 1, 1),
        (YOUNGER.name, 1, 1),
    ]
    beside = await headers_of_new_key(session, unit=world.foreign, role=Role.RECRUITER, now=now)
    (foreign,) = (await client.get("/v1/applications", headers=beside)).json()["items"]
    assert (foreign["name"], foreign["registered_at"]) == (OLDER.name, _written(stored.elsewhere.registered_at))
    counted = (await session.exec(select(Conversion.occurred_at).order_by(col(Conversion.occurred_at)))).all()
    assert counted[:2] == [stored.younger.registered_at, stored.elsewhere.registered_at]
    assert len(counted) == 3


async def test_receipts_stay_good(
    client: httpx.AsyncClient, session: AsyncSession, context: Context, now: datetime, stored: Stored
) -> None:
    await index_all(session, context, now)
    for receipt in (stored.again, stored.younger, stored.younger_again, stored.elsewhere):
        status = await client.get(
            f"/v1/public/applications/{receipt.reference}", headers={"Status-Token": receipt.status_token}
        )
        assert (status.status_code, status.json()["registered_at"]) == (200, _written(receipt.registered_at))


async def test_a_registration_before_it_finds_the_right_person(
    client: httpx.AsyncClient, session: AsyncSession, context: Context, now: datetime, stored: Stored
) -> None:
    born = YOUNGER.birth_date.isoformat()
    await registered(client, now, name=YOUNGER.name, email=FAMILY, birth_date=born)
    await registered(client, now, name=OLDER.name, email=FAMILY.upper())
    assert len((await session.exec(select(Applicant))).all()) == 2
    assert len((await session.exec(select(Application))).all()) == 2
    # What was stored before still waits for its turn, and then finds the application that there is.
    assert await index_all(session, context, now) == 1
    references = await reference_of(session, Application)
    assert len(references) == 3
    assert {stored.older["reference"], stored.elsewhere.reference} < references
    assert len(await reference_of(session, RepeatedApplication)) == 4


async def test_a_second_run_finds_nothing(
    session: AsyncSession, context: Context, now: datetime, stored: Stored
) -> None:
    assert [await index_all(session, context, now), await index_all(session, context, now)] == [1, 0]
    pairs = (await session.exec(select(ProposedDuplicate.evidence))).all()
    assert sorted(" ".join(codes) for codes in pairs) == [
        "same-email",
        "same-email",
        "same-email-and-birth-date same-phone same-name-and-birth-date",
    ]


async def test_an_erased_person_stays_erased(
    client: httpx.AsyncClient, session: AsyncSession, context: Context, now: datetime, stored: Stored
) -> None:
    await session.exec(delete(ApplicantKey))
    await session.commit()
    assert await index_all(session, context, now) == 1
    person = (await session.exec(select(Applicant))).one()
    assert (person.identity_index, person.email_index) == (None, None)
    assert len(await reference_of(session, RepeatedApplication)) == 4
    answer = await post_registration(client, registration(now, email=FAMILY))
    assert answer.status_code == 201
    assert len((await session.exec(select(Applicant))).all()) == 2


def _written(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
