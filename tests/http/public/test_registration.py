"""Registration over HTTP: accepted and rejected input; a second registration learns nothing of the first."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, update
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context, current_time
from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.applicants.models import (
    Applicant,
    Application,
    Consent,
    ProposedDuplicate,
    RepeatedApplication,
    StageChange,
)
from campaigns.applicants.operations.make_room import FIRST_KEPT, NEWEST_KEPT
from campaigns.applicants.rules import MIN_AGE
from campaigns.attribution.models import Conversion, Touch
from campaigns.attribution.rules import MAX_TOUCHES
from campaigns.kit.encryption.cipher import derive_keys, new_master_key
from campaigns.kit.ids import new_id
from campaigns.links.operations.planning_changes import close_campaign
from campaigns.planning.operations.campaigns import create_campaign
from campaigns.planning.operations.intakes import close_intake, create_intake
from campaigns.planning.rules import DEFAULT_STAGES
from campaigns.planning.types import CampaignSpec, CampaignState, IntakeSpec
from tests.factories.intake import build_link, click_token, post_registration, registered, registration
from tests.factories.world import LANDING, World, build_campaign

pytestmark = pytest.mark.usefixtures("world")

JAKARTA = ZoneInfo("Asia/Jakarta")


async def rows(session: AsyncSession, table: type[SQLModel]) -> int:
    return (await session.exec(select(func.count()).select_from(table))).one()


class TestAccepted:
    async def test_answers_with_a_receipt(self, client: httpx.AsyncClient, now: datetime) -> None:
        answer = await post_registration(client, registration(now))
        assert answer.status_code == 201, answer.text
        assert answer.headers["cache-control"] == "no-store"
        receipt = answer.json()
        assert receipt["campaign"] == "bintara-jabar"
        assert receipt["reference"].startswith("JR-")
        assert len(receipt["status_token"]) == 32

    async def test_stores_everything_in_one_go(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        receipt = await registered(client, now)
        application = (await session.exec(select(Application))).one()
        assert application.reference == receipt["reference"]
        assert (application.unit_id, application.campaign_id) == (world.own.id, world.campaign.id)
        assert (application.link_id, application.source, application.medium) == (None, None, None)
        consent = (await session.exec(select(Consent))).one()
        assert (consent.notice_version, consent.accepted_at) == ("2026-1", now)
        step = (await session.exec(select(StageChange))).one()
        assert (step.from_stage_id, step.to_stage_id) == (None, application.stage_id)
        fact = (await session.exec(select(Conversion))).one()
        assert (fact.application_id, fact.stage_kind, fact.change) == (application.id, "registered", 1)
        entries = await session.exec(select(AuditEntry).where(AuditEntry.object_type == "application"))
        entry = entries.one()
        assert (entry.action, entry.actor_kind, entry.actor_id) == (
            "application.registered",
            "candidate",
            application.id,
        )
        assert entry.changes == {"campaign": "bintara-jabar"}

    async def test_one_person_may_enter_two_intakes(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        intake = await create_intake(
            session,
            world.admin,
            spec=IntakeSpec(
                programme_id=world.programme.id,
                name="2028",
                opens_at=now - timedelta(days=2),
                closes_at=now + timedelta(days=60),
                notice_version="2026-1",
                notice_url="https://daftar.example/privacy",
                stages=DEFAULT_STAGES,
            ),
            now=now,
        )
        await build_campaign(session, world.admin, unit=world.own, intake=intake, slug="bintara-2028", now=now)
        await session.commit()
        await registered(client, now)
        second = await post_registration(client, registration(now), slug="bintara-2028")
        assert second.status_code == 201
        assert await rows(session, Applicant) == 1
        assert await rows(session, Application) == 2


class TestTouches:
    async def test_keeps_what_can_be_verified_and_credits_the_last(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, context: Context, now: datetime
    ) -> None:
        early = await build_link(session, campaign=world.campaign, channel=world.channel, now=now)
        # The last touch counts even if another unit's campaign paid for it.
        last = await build_link(
            session, campaign=world.foreign_campaign, channel=world.channel, now=now, source="tiktok"
        )
        first_token = click_token(context.keys, early.id, now - timedelta(days=3))
        last_token = click_token(context.keys, last.id, now - timedelta(hours=1))
        forged = click_token(derive_keys(new_master_key()), early.id, now)
        unknown = click_token(context.keys, new_id(), now)
        flipped = first_token[:-1] + ("A" if first_token[-1] != "A" else "B")
        sent = [last_token, forged, first_token, unknown, last_token, flipped, "", "nonsense", "\u0000", "é" * 60]
        await registered(client, now, touches=sent)
        kept = (await session.exec(select(Touch).order_by(Touch.position))).all()  # type: ignore[arg-type]
        assert [(touch.position, touch.link_id) for touch in kept] == [(1, early.id), (2, last.id)]
        assert (kept[0].touched_at - (now - timedelta(days=3))) < timedelta(milliseconds=1)
        application = (await session.exec(select(Application))).one()
        fact = (await session.exec(select(Conversion))).one()
        for one in (application, fact):
            assert (one.link_id, one.source, one.medium) == (last.id, "tiktok", "social")

    @pytest.mark.parametrize(
        "touches",
        [
            ["x"] * 101,
            ["x" * 201],
            ["x"] * 9_000,
            [1, None, True, 1.5, {"cid": "x"}, [["x"]], "\ud800", "\u0000"],
            None,
            "x",
            7,
            {"cid": "x"},
            [],
        ],
    )
    async def test_nothing_sent_as_touches_refuses_a_candidate(
        self, client: httpx.AsyncClient, session: AsyncSession, now: datetime, touches: Any
    ) -> None:
        answer = await post_registration(client, registration(now, touches=touches))
        assert answer.status_code == 201, answer.text
        assert (await rows(session, Application), await rows(session, Touch)) == (1, 0)

    async def test_may_be_missing(self, client: httpx.AsyncClient, now: datetime) -> None:
        body = registration(now)
        del body["touches"]
        assert (await post_registration(client, body)).status_code == 201

    async def test_of_too_many_the_newest_are_kept(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, context: Context, now: datetime
    ) -> None:
        link = await build_link(session, campaign=world.campaign, channel=world.channel, now=now)
        minutes = range(MAX_TOUCHES + 5)
        tokens = [click_token(context.keys, link.id, now - timedelta(minutes=minute)) for minute in minutes]
        await registered(client, now, touches=["forged", 7, *tokens])
        kept = (await session.exec(select(Touch.touched_at).order_by(Touch.touched_at))).all()  # type: ignore[arg-type]
        assert len(kept) == MAX_TOUCHES
        assert kept[0] > now - timedelta(minutes=MAX_TOUCHES)
        assert kept[-1] > now - timedelta(seconds=1)


class TestConsentTime:
    @pytest.mark.parametrize(
        ("said", "clock"),
        [
            (timedelta(minutes=6), "agrees"),
            (timedelta(hours=-3), "agrees"),
            (timedelta(days=400), "differs"),
            (timedelta(days=-4000), "differs"),
        ],
    )
    async def test_of_any_clock_is_kept_as_said(
        self, client: httpx.AsyncClient, session: AsyncSession, now: datetime, said: timedelta, clock: str
    ) -> None:
        time = (now + said).isoformat()
        await registered(client, now, consent={"notice_version": "2026-1", "accepted_at": time})
        consent = (await session.exec(select(Consent))).one()
        assert (consent.accepted_at, consent.clock) == (now + said, clock)
        assert abs(consent.recorded_at - now) < timedelta(minutes=1)

    @pytest.mark.parametrize(
        "said",
        [
            *(None, "", "yesterday", "2026-11-01T00:00:00", "0001-01-01T00:00:00+07:00", "9999-12-31T23:59:59-07:00"),
            *(-1, 10**30, 1.5, True, [], {}, "\ud800", "x" * 10_000, "1970-01-01T00:00:00Z"),
        ],
    )
    async def test_that_is_no_time_is_left_out(
        self, client: httpx.AsyncClient, session: AsyncSession, now: datetime, said: Any
    ) -> None:
        await registered(client, now, consent={"notice_version": "2026-1", "accepted_at": said})
        consent = (await session.exec(select(Consent))).one()
        assert (consent.accepted_at, consent.clock) == (consent.recorded_at, "unreadable")

    async def test_may_be_missing(self, client: httpx.AsyncClient, session: AsyncSession, now: datetime) -> None:
        await registered(client, now, consent={"notice_version": "2026-1"})
        assert (await session.exec(select(Consent.clock))).one() == "unreadable"


class TestRefused:
    @pytest.mark.parametrize(
        ("changed", "pointers"),
        [
            ({"name": ""}, ["/name"]),
            ({"name": "..."}, ["/name"]),
            ({"name": "\u3164\u3164"}, ["/name"]),
            ({"name": "S" + "\u0301" * 9}, ["/name"]),
            ({"phone": "+979 1 2345 6789"}, ["/phone"]),
            ({"name": "x" * 201}, ["/name"]),
            ({"name": 7}, ["/name"]),
            ({"name": None}, ["/name"]),
            ({"email": "nobody"}, ["/email"]),
            ({"email": "x" * 50_000}, ["/email"]),
            ({"phone": "12"}, ["/phone"]),
            ({"phone": "9" * 5_000}, ["/phone"]),
            ({"birth_date": "2025-01-01"}, ["/birth_date"]),
            ({"birth_date": "0001-01-01"}, ["/birth_date"]),
            ({"birth_date": "9999-12-31"}, ["/birth_date"]),
            ({"birth_date": 20060228}, ["/birth_date"]),
            ({"province": "ID-XX"}, ["/province"]),
            ({"surprise": 1}, ["/surprise"]),
            ({"consent": None}, ["/consent"]),
            ({"consent": {"accepted_at": "2026-11-01T00:00:00Z"}}, ["/consent/notice_version"]),
            (
                {"name": "", "email": "x", "phone": "1", "birth_date": "", "province": ""},
                ["/name", "/email", "/phone", "/birth_date", "/province"],
            ),
        ],
    )
    async def test_points_at_every_field_at_fault(
        self,
        client: httpx.AsyncClient,
        session: AsyncSession,
        now: datetime,
        changed: dict[str, Any],
        pointers: list[str],
    ) -> None:
        answer = await post_registration(client, registration(now, **changed))
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers
        assert await rows(session, Application) == 0

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            *(({key: "half \ud800"}, f"/{key}") for key in ("email", "phone", "birth_date", "province")),
            (
                {"consent": {"notice_version": "\ud800", "accepted_at": "2026-11-01T00:00:00Z"}},
                "/consent/notice_version",
            ),
        ],
    )
    async def test_refuses_half_a_character(
        self, client: httpx.AsyncClient, now: datetime, changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.post(
            "/v1/public/campaigns/bintara-jabar/applications",
            content=json.dumps(registration(now, **changed)),
            headers={"Idempotency-Key": "half", "Content-Type": "application/json"},
        )
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_consent_must_be_to_the_current_notice(self, client: httpx.AsyncClient, now: datetime) -> None:
        consent = {"notice_version": "2025-1", "accepted_at": (now + timedelta(minutes=10)).isoformat()}
        answer = await post_registration(client, registration(now, consent=consent))
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
            ("/consent/notice_version", "outdated-notice"),
        ]

    async def test_unknown_campaign(self, client: httpx.AsyncClient, now: datetime) -> None:
        assert (await post_registration(client, registration(now), slug="nowhere")).status_code == 404

    async def test_a_closed_campaign_is_reported_before_errors_in_the_answers(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await close_campaign(session, world.admin, campaign_id=world.campaign.id, expected_version=None, now=now)
        await session.commit()
        answer = await post_registration(client, registration(now, name="", phone="12"))
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:registration-closed")

    async def test_a_closed_intake_closes_its_campaigns(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await close_intake(session, world.admin, intake_id=world.intake.id, expected_version=None, now=now)
        await session.commit()
        answer = await post_registration(client, registration(now))
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:registration-closed")

    async def test_not_open_yet(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await create_campaign(
            session,
            world.admin,
            spec=CampaignSpec(
                unit_id=world.own.id,
                intake_id=world.intake.id,
                name="Later",
                slug="later",
                starts_at=now + timedelta(days=1),
                ends_at=None,
                landing_url=LANDING,
                state=CampaignState.ACTIVE,
            ),
            now=now,
        )
        await session.commit()
        answer = await post_registration(client, registration(now), slug="later")
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:registration-not-open")


class TestAge:
    @pytest.fixture
    def now(self) -> datetime:
        """Half past midnight in Jakarta, when the UTC date is still the day before."""
        day = datetime.now(JAKARTA).replace(hour=0, minute=30)
        # A birthday that there is every year.
        return (day - timedelta(days=1) if (day.month, day.day) == (2, 29) else day).astimezone(UTC)

    @pytest.mark.parametrize(("days_younger", "status"), [(0, 201), (1, 422)])
    async def test_is_counted_by_the_local_day(
        self, client: httpx.AsyncClient, app: FastAPI, now: datetime, days_younger: int, status: int
    ) -> None:
        app.dependency_overrides[current_time] = lambda: now
        today = now.astimezone(JAKARTA).date()
        born = today.replace(year=today.year - MIN_AGE) + timedelta(days=days_younger)
        answer = await post_registration(client, registration(now, birth_date=born.isoformat()))
        assert answer.status_code == status


class TestIdempotency:
    async def test_the_same_request_gets_the_identical_answer(
        self, client: httpx.AsyncClient, session: AsyncSession, now: datetime
    ) -> None:
        body = registration(now)
        first = await post_registration(client, body, key="once")
        reordered = dict(reversed(body.items()))
        second = await post_registration(client, reordered, key="once")
        assert (second.status_code, second.content) == (first.status_code, first.content) == (201, first.content)
        assert (await rows(session, Application), await rows(session, RepeatedApplication)) == (1, 0)

    async def test_is_replayed_after_the_campaign_closed(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        first = await post_registration(client, registration(now), key="once")
        await close_campaign(session, world.admin, campaign_id=world.campaign.id, expected_version=None, now=now)
        await session.commit()
        assert (await post_registration(client, registration(now), key="once")).content == first.content

    @pytest.mark.parametrize(
        "changed", [{"name": "Another Person"}, {"touches": ["x"]}, {"province": "ID-BA"}, {"phone": "081234567891"}]
    )
    async def test_another_request_with_the_key_is_refused(
        self, client: httpx.AsyncClient, now: datetime, changed: dict[str, Any]
    ) -> None:
        await post_registration(client, registration(now), key="once")
        answer = await post_registration(client, registration(now, **changed), key="once")
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:jaring:problem:idempotency-key-reused")

    async def test_keys_of_two_campaigns_never_meet(
        self, client: httpx.AsyncClient, world: World, now: datetime
    ) -> None:
        first = await post_registration(client, registration(now), key="once")
        other = registration(now, email="other@example.com")
        second = await post_registration(client, other, slug=world.foreign_campaign.slug, key="once")
        assert second.status_code == 201
        assert second.json()["reference"] != first.json()["reference"]

    async def test_a_refused_request_leaves_the_key_free(self, client: httpx.AsyncClient, now: datetime) -> None:
        assert (await post_registration(client, registration(now, name=""), key="once")).status_code == 422
        assert (await post_registration(client, registration(now), key="once")).status_code == 201

    @pytest.mark.parametrize("key", [None, b"", b"x" * 256, b"tab\tin", "kunci-é".encode()])
    async def test_the_key_is_needed_and_printable(
        self, client: httpx.AsyncClient, now: datetime, key: bytes | None
    ) -> None:
        answer = await client.post(
            "/v1/public/campaigns/bintara-jabar/applications",
            json=registration(now),
            headers={b"Idempotency-Key": key} if key is not None else {},
        )
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == ["parameter:idempotency-key"]


class TestRepeated:
    async def test_is_kept_with_the_first_and_counts_nothing(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await build_campaign(session, world.admin, unit=world.own, intake=world.intake, slug="second", now=now)
        await session.commit()
        await registered(client, now)
        # Another spelling of the address, another name, and through another campaign of the unit for the intake.
        again = registration(now, name="Somebody Else", email="SARI.Contoh@EXAMPLE.com")
        answer = await post_registration(client, again, slug="second")
        assert answer.status_code == 201
        application = (await session.exec(select(Application))).one()
        repeat = (await session.exec(select(RepeatedApplication))).one()
        assert repeat.application_id == application.id
        assert repeat.reference == answer.json()["reference"] != application.reference
        for table, expected in (
            (Applicant, 1),
            (Conversion, 1),
            (Consent, 1),
            (StageChange, 1),
            (ProposedDuplicate, 0),
        ):
            assert await rows(session, table) == expected
        audited = await session.exec(
            select(AuditEntry.action, AuditEntry.unit_id).where(AuditEntry.object_id == application.id)
        )
        assert sorted(audited.all()) == [
            ("application.registered", world.own.id),
            ("application.repeated", world.own.id),
        ]

    @pytest.mark.parametrize(
        ("changed", "people"),
        [
            ({"email": "other@example.com"}, 2),
            ({"birth_date": "2006-02-27"}, 2),
            ({"name": "Another Name", "phone": "081298765432", "province": "ID-BA"}, 1),
            ({"email": "\uff33\uff21\uff32\uff29.contoh@example.com"}, 1),
        ],
    )
    async def test_is_the_same_address_and_birth_date(
        self, client: httpx.AsyncClient, session: AsyncSession, now: datetime, changed: dict[str, str], people: int
    ) -> None:
        await registered(client, now)
        await registered(client, now, **changed)
        for table in (Applicant, Application, Conversion, Consent):
            assert await rows(session, table) == people
        assert await rows(session, RepeatedApplication) == 2 - people

    async def test_one_of_very_many_takes_the_place_of_another(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await registered(client, now)
        for number in range(FIRST_KEPT + NEWEST_KEPT + 3):
            await registered(client, now, name=f"Sari {chr(ord('A') + number)}")
        (application_id,) = (await session.exec(select(Application.id))).all()
        answer = await client.get(f"/v1/applications/{application_id}", headers=world.as_role(Role.RECRUITER))
        told = answer.json()
        assert [one["name"] for one in told["repeats"]] == [f"Sari {letter}" for letter in "ABCDEFGHIJNOPQRSTUVW"]
        assert told["repeat_count"] == 23
        assert await rows(session, RepeatedApplication) == 20

    async def test_is_audited_once_a_day(self, session: AsyncSession, client: httpx.AsyncClient, now: datetime) -> None:
        async def audited() -> int:
            entries = await session.exec(select(AuditEntry).where(AuditEntry.action == "application.repeated"))
            return len(entries.all())

        await registered(client, now)
        for _ in range(3):
            await registered(client, now)
        assert await audited() == 1
        yesterday = update(RepeatedApplication).values(registered_at=now - timedelta(days=1))
        await session.exec(yesterday)
        await session.commit()
        await registered(client, now)
        assert await audited() == 2

    async def test_with_another_unit_is_an_application_of_the_same_person(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await registered(client, now)
        answer = await post_registration(client, registration(now), slug=world.foreign_campaign.slug)
        assert answer.status_code == 201
        units = (await session.exec(select(Application.unit_id).order_by(Application.id))).all()  # type: ignore[arg-type]
        assert units == [world.own.id, world.foreign.id]
        for table, expected in ((Applicant, 1), (Conversion, 2), (Consent, 2), (RepeatedApplication, 0)):
            assert await rows(session, table) == expected

    async def test_answers_like_a_fresh_one(self, client: httpx.AsyncClient, now: datetime) -> None:
        fresh = await post_registration(client, registration(now))
        repeated = await post_registration(client, registration(now))
        assert repeated.status_code == fresh.status_code == 201
        assert list(repeated.json()) == list(fresh.json())
        assert repeated.headers.keys() == fresh.headers.keys()
        assert {name: len(value) for name, value in repeated.json().items()} == {
            name: len(value) for name, value in fresh.json().items()
        }
        assert not set(repeated.json().values()) & set(fresh.json().values()) - {"bintara-jabar"}

    async def test_can_itself_be_repeated_with_its_key(
        self, client: httpx.AsyncClient, session: AsyncSession, now: datetime
    ) -> None:
        await registered(client, now)
        first = await post_registration(client, registration(now), key="again")
        assert (await post_registration(client, registration(now), key="again")).content == first.content
        assert await rows(session, RepeatedApplication) == 1
