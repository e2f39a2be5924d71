"""Listing applications: pages, filters, reach, and a fixed number of statements."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import delete
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import Context
from campaigns.applicants.models import ApplicantKey
from campaigns.kit.ids import new_id
from tests.factories.intake import MakeApplication, build_link, click_token, post_registration, registration
from tests.factories.world import World

ADDRESS = "/v1/applications"


async def found(client: httpx.AsyncClient, headers: dict[str, str], **filters: Any) -> list[str]:
    """The names on the first page."""
    answer = await client.get(ADDRESS, params=filters, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return [item["name"] for item in answer.json()["items"]]


async def test_shows_what_recruiters_need(
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
    answer = await client.get(ADDRESS, headers=recruiter)
    assert answer.json()["items"] == [
        {
            "id": str(made.id),
            "reference": made.reference,
            "name": "Sari Contoh",
            "province": "ID-JB",
            "campaign": {"id": str(world.campaign.id), "slug": "bintara-jabar"},
            "link": {"id": str(link.id), "slug": link.slug},
            "source": "instagram",
            "medium": "social",
            "stage": {"key": "registered", "name": "Registered", "kind": "registered"},
            "registered_at": made.registered_at.isoformat().replace("+00:00", "Z"),
            "stage_entered_at": made.registered_at.isoformat().replace("+00:00", "Z"),
            "repeat_count": 0,
            "duplicate_count": 0,
            "version": 1,
        }
    ]


async def test_pages_through_all_of_them_newest_first(
    client: httpx.AsyncClient, recruiter: dict[str, str], application: MakeApplication
) -> None:
    for number in range(5):
        await application(name=f"Person {number}", email=f"p{number}@example.com")
    seen: list[str] = []
    address: str | None = f"{ADDRESS}?limit=2&stage=registered"
    while address:
        answer = await client.get(address, headers=recruiter)
        seen += [item["name"] for item in answer.json()["items"]]
        address = answer.links["next"]["url"] if "next" in answer.links else None
    assert seen == [f"Person {number}" for number in (4, 3, 2, 1, 0)]


async def test_takes_as_many_statements_for_many_rows_as_for_one(
    client: httpx.AsyncClient, recruiter: dict[str, str], application: MakeApplication, statements: list[str]
) -> None:
    counts = []
    for expected in (1, 6):
        while len(await found(client, recruiter)) < expected:
            await application(email=f"p{new_id()}@example.com")
        statements.clear()
        await client.get(ADDRESS, headers=recruiter)
        counts.append(len([one for one in statements if one.startswith("SELECT")]))
    assert counts == [2, 2], "one for the key, one for the page"


async def test_filters(
    client: httpx.AsyncClient,
    world: World,
    recruiter: dict[str, str],
    application: MakeApplication,
    session: AsyncSession,
    context: Context,
    now: datetime,
) -> None:
    link = await build_link(session, campaign=world.campaign, channel=world.channel, now=now)
    tapped = await application(name="Tapped", email="t@example.com", touches=[click_token(context.keys, link.id, now)])
    plain = await application(name="Plain", email="p@example.com")
    moved = await client.post(
        f"{ADDRESS}/{plain.id}/stage", json={"stage": "verified", "reason": "seen"}, headers=recruiter
    )
    assert moved.status_code == 200
    for filters, names in (
        ({"campaign_id": str(world.campaign.id)}, ["Plain", "Tapped"]),
        ({"link_id": str(link.id)}, ["Tapped"]),
        ({"source": "instagram"}, ["Tapped"]),
        ({"source": "IG"}, ["Tapped"]),
        ({"source": "(not set)"}, ["Plain"]),
        ({"stage": "verified"}, ["Plain"]),
        ({"stage": "registered", "campaign_id": str(world.campaign.id)}, ["Tapped"]),
        ({"stage_kind": "verified"}, ["Plain"]),
        ({"stage_kind": "accepted"}, []),
        ({"registered_from": tapped.registered_at.isoformat()}, ["Plain", "Tapped"]),
        ({"registered_from": plain.registered_at.isoformat()}, ["Plain"]),
        ({"registered_to": plain.registered_at.isoformat()}, ["Tapped"]),
        ({"registered_to": tapped.registered_at.isoformat()}, []),
        ({"source": "instagram", "stage_kind": "verified"}, []),
    ):
        assert await found(client, recruiter, **filters) == names, filters


@pytest.mark.parametrize(
    ("filters", "pointer"),
    [
        ({"source": "myspace"}, "parameter:source"),
        ({"source": "a\u0000b"}, "parameter:source"),
        ({"source": ""}, "parameter:source"),
        ({"source": "x" * 51}, "parameter:source"),
        ({"stage": "interview"}, "parameter:stage"),
        ({"stage": "Not A Key"}, "parameter:stage"),
        ({"stage": "\u0000"}, "parameter:stage"),
        ({"stage_kind": "hired"}, "parameter:stage_kind"),
        ({"campaign_id": "1"}, "parameter:campaign_id"),
        ({"link_id": "x"}, "parameter:link_id"),
        ({"registered_from": "yesterday"}, "parameter:registered_from"),
        ({"registered_from": "2026-11-01"}, "parameter:registered_from"),
        ({"registered_to": "0001-01-01T00:00:00+14:00"}, "parameter:registered_to"),
        ({"registered_from": "9999-12-31T23:59:59-14:00"}, "parameter:registered_from"),
        (
            {"registered_from": "2026-11-02T00:00:00Z", "registered_to": "2026-11-01T00:00:00Z"},
            "parameter:registered_to",
        ),
        ({"cursor": "nonsense"}, "parameter:cursor"),
        ({"limit": "0"}, "parameter:limit"),
    ],
)
async def test_rejects_unknown_filter_values(
    client: httpx.AsyncClient, recruiter: dict[str, str], filters: dict[str, str], pointer: str
) -> None:
    answer = await client.get(ADDRESS, params=filters, headers=recruiter)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_campaigns_and_links_out_of_reach_are_not_found(
    client: httpx.AsyncClient, world: World, recruiter: dict[str, str], session: AsyncSession, now: datetime
) -> None:
    foreign = await build_link(session, campaign=world.foreign_campaign, channel=world.channel, now=now)
    for filters in (
        {"campaign_id": str(world.foreign_campaign.id)},
        {"campaign_id": str(new_id())},
        {"link_id": str(foreign.id)},
        {"link_id": str(new_id())},
    ):
        answer = await client.get(ADDRESS, params=filters, headers=recruiter)
        assert answer.status_code == 404, filters


async def test_shows_the_own_units_applications_only(
    client: httpx.AsyncClient, world: World, recruiter: dict[str, str], application: MakeApplication, now: datetime
) -> None:
    await application(name="Ours")
    theirs = registration(now, name="Theirs", email="theirs@example.com")
    assert (await post_registration(client, theirs, slug=world.foreign_campaign.slug)).status_code == 201
    assert await found(client, recruiter) == ["Ours"]


async def test_an_erased_person_is_listed_without_a_name(
    client: httpx.AsyncClient, recruiter: dict[str, str], application: MakeApplication, session: AsyncSession
) -> None:
    made = await application()
    await application(name="Still Here", email="here@example.com")
    await session.exec(delete(ApplicantKey).where(ApplicantKey.applicant_id == made.applicant_id))  # type: ignore[arg-type]
    await session.commit()
    assert await found(client, recruiter) == ["Still Here", None]


async def test_times_in_other_zones_are_understood(
    client: httpx.AsyncClient, recruiter: dict[str, str], application: MakeApplication, now: datetime
) -> None:
    await application()
    assert await found(client, recruiter, registered_from=(now - timedelta(days=1)).isoformat()) == ["Sari Contoh"]
    assert await found(client, recruiter, registered_to="2001-01-01T00:00:00+07:00") == []
