"""The audit trail over HTTP: newest first, filtered, and limited to the caller's subtree."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.operations import record_audit
from campaigns.access.types import SYSTEM, Actor, ActorKind, ObjectType, Role
from campaigns.events.types import EventType
from campaigns.kit.ids import new_id
from tests.factories.keys import headers_of_new_key
from tests.factories.world import World

NOWHERE = "0198f3a2-b7c8-7d3e-9a41-c0ffee0000ff"


@pytest.fixture
def own(world: World) -> dict[str, str]:
    return world.as_role(Role.ADMINISTRATOR)


async def entries(client: httpx.AsyncClient, headers: dict[str, str], **query: object) -> list[dict[str, Any]]:
    """All entries of a query, page by page."""
    found: list[dict[str, Any]] = []
    address: str | None = f"/v1/audit-entries?{urlencode(query)}"
    while address:
        answer = await client.get(address, headers=headers)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        address = answer.links["next"]["url"] if "next" in answer.links else None
    return found


async def test_shows_who_changed_what_and_when(
    client: httpx.AsyncClient, world: World, own: dict[str, str], now: datetime
) -> None:
    marketer = world.as_role(Role.MARKETER)
    await client.patch(f"/v1/campaigns/{world.campaign.id}", json={"name": "New name"}, headers=marketer)
    entry = (await entries(client, own, object_type="campaign"))[0]
    assert now <= datetime.fromisoformat(entry.pop("at")) <= now + timedelta(minutes=5)
    assert len(entry.pop("id")) == 36
    assert entry == {
        "actor_kind": "key",
        "actor_id": str(world.principals[Role.MARKETER].actor.id),
        "unit_id": str(world.own.id),
        "action": "campaign.changed",
        "object_type": "campaign",
        "object_id": str(world.campaign.id),
        "changes": {"name": {"from": "Campaign bintara-jabar", "to": "New name"}},
    }


async def test_shows_changes_by_the_system_and_by_candidates(
    client: httpx.AsyncClient, session: AsyncSession, world: World, own: dict[str, str], now: datetime
) -> None:
    application, erased = new_id(), new_id()
    candidate = Actor(ActorKind.CANDIDATE, application)
    record_audit(
        session, candidate, ObjectType.APPLICATION, "created", object_id=application, unit_id=world.own.id, now=now
    )
    await session.flush()
    record_audit(session, SYSTEM, ObjectType.APPLICANT, "erased", object_id=erased, unit_id=world.own.id, now=now)
    await session.commit()
    (made,) = await entries(client, own, object_type="application", object_id=application)
    (gone,) = await entries(client, own, object_type="applicant", object_id=erased)
    assert (made["actor_kind"], made["actor_id"], made["changes"]) == ("candidate", str(application), {})
    assert (gone["actor_kind"], gone["actor_id"]) == ("system", None)


async def test_pages_through_all_newest_first(client: httpx.AsyncClient, world: World, own: dict[str, str]) -> None:
    for number in range(5):
        await client.patch(f"/v1/units/{world.own.id}", json={"name": f"Name {number}"}, headers=own)
    query = {"object_type": "unit", "object_id": world.own.id}
    whole = await entries(client, own, **query)
    assert [entry["changes"]["name"] for entry in whole] == [
        *({"from": f"Name {number - 1}", "to": f"Name {number}"} for number in (4, 3, 2, 1)),
        {"from": "West Java", "to": "Name 0"},
        "West Java",
    ]
    assert await entries(client, own, **query, limit=2) == whole
    assert await entries(client, own, **query, limit=3) == whole


async def test_shows_the_own_subtree_only(
    client: httpx.AsyncClient, session: AsyncSession, world: World, own: dict[str, str], now: datetime
) -> None:
    record_audit(session, SYSTEM, ObjectType.UNIT, "changed", object_id=None, unit_id=None, now=now)
    await session.commit()
    assert {entry["unit_id"] for entry in await entries(client, own)} == {str(world.own.id), str(world.district.id)}
    national = await headers_of_new_key(session, unit=world.national, role=Role.ADMINISTRATOR, now=now)
    assert {entry["unit_id"] for entry in await entries(client, national)} == {
        str(unit.id) for unit in (world.national, world.own, world.foreign, world.district)
    }


async def test_narrows_to_a_time(
    client: httpx.AsyncClient, session: AsyncSession, world: World, own: dict[str, str], now: datetime
) -> None:
    thing = new_id()
    for hours in range(4):
        at = now + timedelta(hours=hours)
        record_audit(session, SYSTEM, ObjectType.LINK, "created", object_id=thing, unit_id=world.own.id, now=at)
    await session.commit()

    async def found(**query: datetime) -> list[datetime]:
        of_thing = await entries(client, own, object_type="link", object_id=thing, **query)
        # Entries of one millisecond have no order among themselves.
        return sorted(datetime.fromisoformat(entry["at"]) for entry in of_thing)

    first, second, third, fourth = (now + timedelta(hours=hours) for hours in range(4))
    assert await found() == [first, second, third, fourth]
    assert await found(since=second) == [second, third, fourth]  # inclusive
    assert await found(until=third) == [first, second]  # exclusive
    assert await found(since=second, until=third) == [second]
    assert await found(since=fourth + timedelta(seconds=1)) == []


@pytest.mark.parametrize("type_of", ["campaign", "foreign_campaign", "intake", "nothing"])
async def test_does_not_know_objects_outside_the_subtree(
    client: httpx.AsyncClient, world: World, own: dict[str, str], type_of: str
) -> None:
    object_id = getattr(world, type_of).id if type_of != "nothing" else NOWHERE
    object_type = "intake" if type_of == "intake" else "campaign"
    answer = await client.get(f"/v1/audit-entries?object_type={object_type}&object_id={object_id}", headers=own)
    assert answer.status_code == (200 if type_of == "campaign" else 404), answer.text


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("object_type=spaceship", "object_type"),
        ("object_type=%00", "object_type"),
        ("object_type=", "object_type"),
        (f"object_id={NOWHERE}", "object_type"),
        ("object_type=unit&object_id=x", "object_id"),
        ("since=yesterday", "since"),
        ("since=2026-01-01T00:00:00", "since"),
        ("since=0001-01-01T00:00:00%2B14:00", "since"),
        ("until=9999-12-31T23:59:59-14:00", "until"),
        (f"until={'9' * 400}", "until"),
        ("since=2026-01-02T00:00:00Z&until=2026-01-02T07:00:00%2B07:00", "until"),
        ("limit=1e3", "limit"),
        ("cursor=AAAA", "cursor"),
    ],
)
async def test_points_at_the_parameter_at_fault(
    client: httpx.AsyncClient, own: dict[str, str], query: str, parameter: str
) -> None:
    answer = await client.get(f"/v1/audit-entries?{query}", headers=own)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"parameter:{parameter}"]


@pytest.mark.parametrize("role", [Role.MARKETER, Role.RECRUITER, Role.VIEWER])
async def test_is_for_administrators(client: httpx.AsyncClient, world: World, role: Role) -> None:
    answer = await client.get("/v1/audit-entries", headers=world.as_role(role))
    assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:missing-scope")


def test_every_event_is_about_a_type_of_the_audit_trail() -> None:
    assert [f"{one.object_type}.{one.done}" for one in EventType] == [one.value for one in EventType]


async def test_every_type_can_be_asked_for(
    client: httpx.AsyncClient, session: AsyncSession, world: World, own: dict[str, str], now: datetime
) -> None:
    for object_type in ObjectType:
        thing = new_id()
        record_audit(session, SYSTEM, object_type, "changed", object_id=thing, unit_id=world.own.id, now=now)
        await session.commit()
        (entry,) = await entries(client, own, object_type=object_type, object_id=thing)
        assert (entry["object_type"], entry["action"]) == (object_type, f"{object_type}.changed")
