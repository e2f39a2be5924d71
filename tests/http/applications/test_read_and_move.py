"""Reading one application and moving it through its stages."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.applicants.models import ApplicantKey, Application, StageChange
from campaigns.attribution.models import Conversion
from campaigns.kit.ids import new_id
from tests.factories.intake import MakeApplication, build_link, click_token, post_registration, registered, registration
from tests.factories.world import World


def address(application: Application) -> str:
    return f"/v1/applications/{application.id}"


async def move(
    client: httpx.AsyncClient, application: Application, headers: dict[str, str], stage: str, **body: Any
) -> httpx.Response:
    return await client.post(
        f"{address(application)}/stage", json={"stage": stage, "reason": f"to {stage}", **body}, headers=headers
    )


async def figures(session: AsyncSession, application: Application) -> dict[str, int]:
    """The sum of the facts by kind, without zeros."""
    sums = await session.exec(
        select(Conversion.stage_kind, func.sum(Conversion.change))
        .where(Conversion.application_id == application.id)
        .group_by(col(Conversion.stage_kind))
    )
    return {kind: total for kind, total in sums.all() if total}


class TestRead:
    async def test_shows_all_that_is_known(
        self,
        client: httpx.AsyncClient,
        world: World,
        recruiter: dict[str, str],
        application: MakeApplication,
        session: AsyncSession,
        context: Context,
        now: datetime,
    ) -> None:
        link = await build_link(session, campaign=world.campaign, channel=world.channel, now=now)
        tapped_at = (now - timedelta(hours=2)).replace(microsecond=0)
        made = await application(touches=[click_token(context.keys, link.id, tapped_at)])
        again = await registered(client, now)
        answer = await client.get(address(made), headers=recruiter)
        assert answer.status_code == 200, answer.text
        assert (answer.headers["etag"][:3], answer.headers["cache-control"]) == ('"1-', "no-store")
        read = answer.json()
        registered_at = made.registered_at.isoformat().replace("+00:00", "Z")
        stage = {"key": "registered", "name": "Registered", "kind": "registered"}
        listed = (await client.get("/v1/applications", headers=recruiter)).json()["items"][0]
        assert {key: read[key] for key in listed} == listed
        assert {key: value for key, value in read.items() if key not in listed} == {
            "email": "sari.contoh@example.com",
            "phone": "+6281234567890",
            "birth_date": "2006-02-28",
            "consent": {
                "notice_version": "2026-1",
                "accepted_at": now.isoformat().replace("+00:00", "Z"),
                "recorded_at": registered_at,
                "clock": "agrees",
            },
            "touches": [
                {
                    "link_id": str(link.id),
                    "link_slug": link.slug,
                    "source": "instagram",
                    "medium": "social",
                    "touched_at": tapped_at.isoformat().replace("+00:00", "Z"),
                    "verdict": "visit",
                }
            ],
            "history": [
                {
                    "from": None,
                    "to": stage,
                    "reason": None,
                    "changed_at": registered_at,
                    "actor_kind": "candidate",
                    "actor_id": str(made.id),
                    "key_id": None,
                }
            ],
            "repeats": [
                {
                    "registered_at": again["registered_at"],
                    "campaign_slug": world.campaign.slug,
                    **{key: read[key] for key in ("name", "email", "phone", "birth_date", "province")},
                }
            ],
            "duplicates": [],
        }

    async def test_an_erased_person_has_no_personal_fields(
        self,
        client: httpx.AsyncClient,
        recruiter: dict[str, str],
        application: MakeApplication,
        session: AsyncSession,
        now: datetime,
    ) -> None:
        made = await application()
        await move(client, made, recruiter, "verified")
        await session.exec(delete(ApplicantKey))
        await session.commit()
        # Somebody who comes back after the erasure gets a new key, which opens nothing from before.
        for come_back in (False, True):
            if come_back:
                await registered(client, now)
            read = (await client.get(address(made), headers=recruiter)).json()
            assert [read[key] for key in ("name", "email", "phone", "birth_date")] == [None] * 4
            assert [step["reason"] for step in read["history"]] == [None, None]
            assert read["province"] == "ID-JB"

    async def test_unknown_and_foreign_ones_are_not_found(
        self, client: httpx.AsyncClient, world: World, recruiter: dict[str, str], session: AsyncSession, now: datetime
    ) -> None:
        await post_registration(client, registration(now), slug=world.foreign_campaign.slug)
        foreign = (await session.exec(select(Application))).one()
        for identifier in (foreign.id, new_id()):
            read = await client.get(f"/v1/applications/{identifier}", headers=recruiter)
            body = {"stage": "verified", "reason": "seen"}
            moved = await client.post(f"/v1/applications/{identifier}/stage", json=body, headers=recruiter)
            assert (read.status_code, moved.status_code) == (404, 404)

    async def test_takes_a_fixed_number_of_statements(
        self,
        client: httpx.AsyncClient,
        recruiter: dict[str, str],
        application: MakeApplication,
        statements: list[str],
    ) -> None:
        made = await application()
        counts = []
        for stage in ("verified", "assessed", "accepted", "rejected"):
            await move(client, made, recruiter, stage)
            statements.clear()
            await client.get(address(made), headers=recruiter)
            counts.append(len([one for one in statements if one.startswith("SELECT")]))
        assert counts == [7] * 4


class TestMove:
    async def test_moves_and_remembers_why(
        self,
        client: httpx.AsyncClient,
        world: World,
        recruiter: dict[str, str],
        application: MakeApplication,
        session: AsyncSession,
    ) -> None:
        made = await application()
        answer = await move(client, made, recruiter, "verified", reason="Documents seen.\nAll complete.")
        assert (answer.status_code, answer.headers["etag"][:3]) == (200, '"2-')
        moved = answer.json()
        assert moved["stage"] == {"key": "verified", "name": "Documents verified", "kind": "verified"}
        assert moved["stage_entered_at"] > moved["registered_at"]
        step = moved["history"][-1]
        assert (step["from"]["key"], step["to"]["key"]) == ("registered", "verified")
        assert step["reason"] == "Documents seen.\nAll complete."
        key_id = str(world.principals[Role.RECRUITER].actor.id)
        assert (step["actor_kind"], step["actor_id"], step["key_id"]) == ("key", key_id, key_id)
        assert (await client.get(address(made), headers=recruiter)).json() == moved
        entry = (await session.exec(select(AuditEntry).where(AuditEntry.action == "application.moved"))).one()
        assert (entry.object_id, entry.changes) == (made.id, {"stage": {"from": "registered", "to": "verified"}})

    async def test_facts_follow_the_moves(
        self,
        client: httpx.AsyncClient,
        world: World,
        recruiter: dict[str, str],
        application: MakeApplication,
        session: AsyncSession,
        context: Context,
        now: datetime,
    ) -> None:
        link = await build_link(session, campaign=world.campaign, channel=world.channel, now=now)
        made = await application(touches=[click_token(context.keys, link.id, now)])
        for stage, counted in (
            ("verified", {"registered", "verified"}),
            ("accepted", {"registered", "verified", "accepted"}),
            ("rejected", {"registered", "verified", "rejected"}),
            ("assessed", {"registered", "verified", "assessed"}),
            ("registered", {"registered"}),
            ("withdrawn", {"registered", "withdrawn"}),
        ):
            assert (await move(client, made, recruiter, stage)).status_code == 200
            assert await figures(session, made) == dict.fromkeys(counted, 1), stage
        facts = (await session.exec(select(Conversion))).all()
        assert {(fact.link_id, fact.source, fact.medium, fact.unit_id) for fact in facts} == {
            (link.id, "instagram", "social", world.own.id)
        }

    async def test_an_administrator_may_too(
        self, client: httpx.AsyncClient, world: World, application: MakeApplication
    ) -> None:
        answer = await move(client, await application(), world.as_role(Role.ADMINISTRATOR), "rejected")
        assert answer.status_code == 200

    async def test_rejects_the_current_stage(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], application: MakeApplication
    ) -> None:
        answer = await move(client, await application(), recruiter, "registered")
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:already-there")

    async def test_refuses_a_version_that_is_old(
        self,
        client: httpx.AsyncClient,
        recruiter: dict[str, str],
        application: MakeApplication,
        session: AsyncSession,
    ) -> None:
        made = await application()
        first = await move(client, made, {**recruiter, "If-Match": '"1"'}, "verified")
        second = await move(client, made, {**recruiter, "If-Match": '"1"'}, "rejected")
        assert (first.status_code, second.status_code) == (200, 412)
        assert len((await session.exec(select(StageChange))).all()) == 2

    async def test_refuses_an_erased_person(
        self,
        client: httpx.AsyncClient,
        recruiter: dict[str, str],
        application: MakeApplication,
        session: AsyncSession,
    ) -> None:
        made = await application()
        await session.exec(delete(ApplicantKey))
        await session.commit()
        answer = await move(client, made, recruiter, "verified")
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:applicant-erased")

    @pytest.mark.parametrize(
        ("body", "pointer"),
        [
            ({"stage": "interview"}, "/stage"),
            ({"stage": "a\u0000b"}, "/stage"),
            ({"stage": ""}, "/stage"),
            ({"stage": "x" * 41}, "/stage"),
            ({"stage": None}, "/stage"),
            ({"reason": ""}, "/reason"),
            ({"reason": " \n "}, "/reason"),
            ({"reason": "a\u0000b"}, "/reason"),
            ({"reason": "a\tb"}, "/reason"),
            ({"reason": "a\rb"}, "/reason"),
            ({"reason": "x" * 1001}, "/reason"),
            ({"reason": 7}, "/reason"),
            ({"surprise": 1}, "/surprise"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self,
        client: httpx.AsyncClient,
        recruiter: dict[str, str],
        application: MakeApplication,
        body: dict[str, Any],
        pointer: str,
    ) -> None:
        answer = await client.post(
            f"{address(await application())}/stage",
            json={"stage": "verified", "reason": "seen", **body},
            headers=recruiter,
        )
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    @pytest.mark.parametrize(
        "half", ['{"stage": "\\ud800", "reason": "x"}', '{"stage": "verified", "reason": "\\ud800"}']
    )
    async def test_refuses_half_a_character(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], application: MakeApplication, half: str
    ) -> None:
        answer = await client.post(
            f"{address(await application())}/stage",
            content=half,
            headers={**recruiter, "Content-Type": "application/json"},
        )
        assert answer.status_code == 422

    async def test_keeps_a_reason_of_a_thousand_characters_and_both_line_ends(
        self, client: httpx.AsyncClient, recruiter: dict[str, str], application: MakeApplication
    ) -> None:
        reason = "é" * 996 + "\r\n\nx"
        answer = await move(client, await application(), recruiter, "verified", reason=reason)
        assert answer.json()["history"][-1]["reason"] == reason


class TestAccess:
    @pytest.mark.parametrize("role", [Role.MARKETER, Role.VIEWER])
    async def test_marketers_and_viewers_reach_no_personal_data(
        self, client: httpx.AsyncClient, world: World, application: MakeApplication, role: Role
    ) -> None:
        made, headers = await application(), world.as_role(role)
        answers = [
            await client.get("/v1/applications", headers=headers),
            await client.get(address(made), headers=headers),
            await move(client, made, headers, "verified"),
        ]
        assert [answer.status_code for answer in answers] == [403] * 3
        assert not any("Sari" in answer.text for answer in answers)

    async def test_requires_a_key(self, client: httpx.AsyncClient, application: MakeApplication) -> None:
        made = await application()
        answers = [
            await client.get("/v1/applications"),
            await client.get(address(made)),
            await move(client, made, {}, "verified"),
        ]
        assert [answer.status_code for answer in answers] == [401] * 3
