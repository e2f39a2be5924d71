"""One person, one application, in the unit that was chosen; what resembles another is shown to who may see both."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlmodel import delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.applicants.models import ApplicantKey, Application, ProposedDuplicate
from campaigns.applicants.operations.propose_duplicates import MOST_FOR_EACH
from campaigns.attribution.models import Conversion
from campaigns.kit.ids import new_id
from tests.factories.intake import MakeApplication, post_registration, registration
from tests.factories.keys import headers_of_new_key
from tests.factories.world import World, build_campaign

ADDRESS = "/v1/applications"
ANOTHER = {"name": "Rudi Lain", "email": "rudi@example.org", "phone": "081298765432", "birth_date": "2005-05-05"}

Register = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def register(client: httpx.AsyncClient, world: World, now: datetime) -> Register:
    """Register through the campaign of this slug, the own unit's by default."""

    async def send(slug: str = world.campaign.slug, **changed: Any) -> dict[str, Any]:
        answer = await post_registration(client, registration(now, **changed), slug=slug)
        assert answer.status_code == 201, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    return send


@pytest.fixture
async def above(world: World, session: AsyncSession, now: datetime) -> dict[str, str]:
    """A recruiter who sees all units."""
    return await headers_of_new_key(session, unit=world.national, role=Role.RECRUITER, now=now)


@pytest.fixture
async def beside(world: World, session: AsyncSession, now: datetime) -> dict[str, str]:
    """A recruiter of the foreign unit."""
    return await headers_of_new_key(session, unit=world.foreign, role=Role.RECRUITER, now=now)


async def listed(client: httpx.AsyncClient, headers: dict[str, str], **filters: Any) -> list[dict[str, Any]]:
    answer = await client.get(ADDRESS, params=filters, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def read(client: httpx.AsyncClient, headers: dict[str, str], reference: str) -> dict[str, Any]:
    (item,) = [one for one in await listed(client, headers, limit=200) if one["reference"] == reference]
    answer = await client.get(f"{ADDRESS}/{item['id']}", headers=headers)
    whole: dict[str, Any] = answer.json()
    return whole


class TestEvidence:
    @pytest.mark.parametrize(
        ("shared", "evidence"),
        [
            ({"email": "sari.contoh@example.com"}, ["same-email"]),
            ({"email": "SARI.Contoh@Example.COM"}, ["same-email"]),
            ({"email": "saricontoh+2@example.com"}, ["similar-email"]),
            ({"email": "s\u0430ri.contoh@example.com"}, ["similar-email"]),
            ({"phone": "+62 812-3456-7890"}, ["same-phone"]),
            ({"name": "contoh, SARI", "birth_date": "2006-02-28"}, ["same-name-and-birth-date"]),
            ({"email": "sari.contoh@example.com", "phone": "0812 3456 7890"}, ["same-email", "same-phone"]),
            ({"name": "Sari Contoh"}, []),
            ({"birth_date": "2006-02-28"}, []),
            ({}, []),
        ],
    )
    async def test_makes_a_proposal_at_both_and_two_applications(
        self,
        client: httpx.AsyncClient,
        recruiter: dict[str, str],
        register: Register,
        session: AsyncSession,
        shared: dict[str, str],
        evidence: list[str],
    ) -> None:
        first, second = await register(), await register(**{**ANOTHER, **shared})
        assert (await session.exec(select(func.count()).select_from(Conversion))).one() == 2
        seen = [await read(client, recruiter, receipt["reference"]) for receipt in (first, second)]
        assert [one["duplicate_count"] for one in seen] == [bool(evidence)] * 2
        assert [[other["evidence"] for other in one["duplicates"]] for one in seen] == [
            [evidence] if evidence else []
        ] * 2
        for one, other in (seen, reversed(seen)):
            for duplicate in one["duplicates"]:
                assert duplicate["state"] == "proposed"
                shown = ("reference", "name", "campaign", "registered_at")
                assert {key: duplicate[key] for key in shown} == {key: other[key] for key in shown}
                assert duplicate["application_id"] == other["id"]

    async def test_of_a_crowd_is_limited(self, register: Register, session: AsyncSession) -> None:
        for number in range(MOST_FOR_EACH + 3):
            await register(name=f"Murid {number}", email=f"m{number}@example.com", birth_date="2007-01-01")
        pairs = (await session.exec(select(func.count()).select_from(ProposedDuplicate))).one()
        assert pairs == sum(min(number, MOST_FOR_EACH) for number in range(MOST_FOR_EACH + 3))

    async def test_stays_after_an_erasure_without_a_name(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], register: Register, session: AsyncSession
    ) -> None:
        first, second = await register(), await register(**{**ANOTHER, "phone": "081234567890"})
        erased = select(Application.applicant_id).where(Application.reference == first["reference"])
        applicant_id = (await session.exec(erased)).one()
        await session.exec(delete(ApplicantKey).where(ApplicantKey.applicant_id == applicant_id))  # type: ignore[arg-type]
        await session.commit()
        (duplicate,) = (await read(client, recruiter, second["reference"]))["duplicates"]
        assert (duplicate["name"], duplicate["reference"]) == (None, first["reference"])


class TestUnits:
    async def test_a_person_is_with_each_unit_that_she_chose(
        self,
        client: httpx.AsyncClient,
        world: World,
        recruiter: dict[str, str],
        above: dict[str, str],
        beside: dict[str, str],
        register: Register,
    ) -> None:
        """What somebody typed first in one unit's campaign neither hides nor shows what she types in another's."""
        planted = await register(name="Kenari Pertama")
        chosen = await register(world.foreign_campaign.slug, name="Kenari Kedua", phone="081298765432")
        for headers, own, other, reference in (
            (recruiter, "Kenari Pertama", "Kenari Kedua", planted["reference"]),
            (beside, "Kenari Kedua", "Kenari Pertama", chosen["reference"]),
        ):
            assert [item["name"] for item in await listed(client, headers)] == [own]
            whole = await read(client, headers, reference)
            assert (whole["repeats"], whole["duplicates"]) == ([], [])
            assert (whole["repeat_count"], whole["duplicate_count"]) == (0, 0)
            assert other not in str(whole)
            assert await listed(client, headers, has_duplicates=True) == []
            assert len(await listed(client, headers, has_duplicates=False)) == 1
        whole = await read(client, above, chosen["reference"])
        assert [one["evidence"] for one in whole["duplicates"]] == [["same-email-and-birth-date"]]

    async def test_her_status_follows_the_unit_that_she_chose(
        self,
        client: httpx.AsyncClient,
        world: World,
        recruiter: dict[str, str],
        beside: dict[str, str],
        register: Register,
    ) -> None:
        planted = await register()
        chosen = await register(world.foreign_campaign.slug)
        for headers, reference, stage in (
            (recruiter, planted["reference"], "rejected"),
            (beside, chosen["reference"], "verified"),
        ):
            whole = await read(client, headers, reference)
            await client.post(f"{ADDRESS}/{whole['id']}/stage", json={"stage": stage, "reason": "x"}, headers=headers)
        status = await client.get(
            f"/v1/public/applications/{chosen['reference']}", headers={"Status-Token": chosen["status_token"]}
        )
        assert status.json()["stage_kind"] == "verified"

    async def test_a_unit_below_is_another_unit(
        self,
        client: httpx.AsyncClient,
        world: World,
        recruiter: dict[str, str],
        register: Register,
        session: AsyncSession,
        now: datetime,
    ) -> None:
        await build_campaign(
            session, world.admin, unit=world.district, intake=world.intake, slug="bintara-bandung", now=now
        )
        below = await headers_of_new_key(session, unit=world.district, role=Role.RECRUITER, now=now)
        await register(name="Di Provinsi")
        await register("bintara-bandung", name="Di Kabupaten")
        assert [item["name"] for item in await listed(client, below)] == ["Di Kabupaten"]
        assert "Di Provinsi" not in str(await listed(client, below))
        seen = await listed(client, recruiter)
        assert [(item["name"], item["duplicate_count"]) for item in seen] == [("Di Kabupaten", 1), ("Di Provinsi", 1)]

    async def test_repeats_of_another_units_campaign_are_never_shown(
        self, client: httpx.AsyncClient, world: World, beside: dict[str, str], register: Register
    ) -> None:
        first = await register(world.foreign_campaign.slug)
        await register(world.foreign_campaign.slug, name="Wieder", phone="081298765432")
        whole = await read(client, beside, first["reference"])
        assert [(one["name"], one["phone"]) for one in whole["repeats"]] == [("Wieder", "+6281298765432")]
        assert whole["repeat_count"] == 1


class TestList:
    async def test_filters(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], application: MakeApplication
    ) -> None:
        await application(name="Alone", **{key: value for key, value in ANOTHER.items() if key != "name"})
        await application(name="Repeats")
        await application(
            name="Repeats Again", email="third@example.com", birth_date="2004-04-04", phone="081311112222"
        )
        await application(name="Alike", email="fourth@example.com", birth_date="2003-03-03")
        for filters, names in (
            ({"has_duplicates": True}, ["Alike", "Repeats"]),
            ({"has_duplicates": False}, ["Repeats Again", "Alone"]),
            ({"has_repeats": True}, []),
            ({"has_duplicates": True, "limit": 1}, ["Alike"]),
        ):
            assert [item["name"] for item in await listed(client, recruiter, **filters)] == names

    async def test_shows_that_there_are_repeats(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], register: Register
    ) -> None:
        await register(**ANOTHER)
        await register()
        for _ in range(2):
            await register(name="Sari C.")
        assert [item["repeat_count"] for item in await listed(client, recruiter)] == [2, 0]
        (repeated,) = await listed(client, recruiter, has_repeats=True)
        assert repeated["name"] == "Sari Contoh"
        assert [item["name"] for item in await listed(client, recruiter, has_repeats=False)] == ["Rudi Lain"]

    async def test_takes_as_many_statements_with_duplicates_as_without(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], register: Register, statements: list[str]
    ) -> None:
        counts = []
        for number in range(3):
            await register(name=f"Murid {number}", email=f"m{number}@example.com")
            statements.clear()
            await listed(client, recruiter)
            counts.append(len(statements))
        assert len(set(counts)) == 1


class TestJudgement:
    async def judge(
        self, client: httpx.AsyncClient, headers: dict[str, str], application: Any, duplicate: Any, state: str
    ) -> httpx.Response:
        path = f"{ADDRESS}/{application}/duplicates/{duplicate}"
        return await client.patch(path, json={"state": state}, headers=headers)

    async def test_dismisses_for_both_and_can_be_taken_back(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], register: Register, session: AsyncSession
    ) -> None:
        first, second = await register(), await register(**{**ANOTHER, "phone": "081234567890"})
        whole = await read(client, recruiter, first["reference"])
        (duplicate,) = whole["duplicates"]
        for state, count in (("dismissed", 0), ("dismissed", 0), ("proposed", 1)):
            answer = await self.judge(client, recruiter, whole["id"], duplicate["id"], state)
            assert (answer.status_code, answer.json()) == (200, {**duplicate, "state": state})
            assert [item["duplicate_count"] for item in await listed(client, recruiter)] == [count] * 2
            assert len(await listed(client, recruiter, has_duplicates=True)) == 2 * count
            seen = await read(client, recruiter, second["reference"])
            assert [one["state"] for one in seen["duplicates"]] == [state]
        entries = (await session.exec(select(AuditEntry).where(AuditEntry.action == "application.compared"))).all()
        assert [entry.changes["duplicate"]["to"] for entry in entries] == ["dismissed", "proposed"]
        assert {entry.changes["other"] for entry in entries} == {duplicate["application_id"]}

    async def test_needs_sight_of_both(
        self,
        client: httpx.AsyncClient,
        world: World,
        recruiter: dict[str, str],
        above: dict[str, str],
        beside: dict[str, str],
        register: Register,
    ) -> None:
        first = await register()
        await register(world.foreign_campaign.slug)
        whole = await read(client, above, first["reference"])
        (duplicate,) = whole["duplicates"]
        for headers in (recruiter, beside):
            for application in (whole["id"], duplicate["application_id"]):
                answer = await self.judge(client, headers, application, duplicate["id"], "dismissed")
                assert answer.status_code == 404
        for application, one in ((whole["id"], new_id()), (new_id(), duplicate["id"])):
            assert (await self.judge(client, above, application, one, "dismissed")).status_code == 404
        assert (await self.judge(client, above, whole["id"], duplicate["id"], "dismissed")).status_code == 200

    async def test_of_another_application_is_not_found(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], register: Register
    ) -> None:
        first = await register()
        await register(**{**ANOTHER, "phone": "081234567890"})
        third = await register(name="Third", email="third@example.com", phone="081311112222", birth_date="2004-04-04")
        (duplicate,) = (await read(client, recruiter, first["reference"]))["duplicates"]
        elsewhere = await read(client, recruiter, third["reference"])
        answer = await self.judge(client, recruiter, elsewhere["id"], duplicate["id"], "dismissed")
        assert answer.status_code == 404

    @pytest.mark.parametrize("state", ["merged", "", None])
    async def test_knows_two_states(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], register: Register, state: Any
    ) -> None:
        first = await register()
        whole = await read(client, recruiter, first["reference"])
        answer = await self.judge(client, recruiter, whole["id"], new_id(), state)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/state")
