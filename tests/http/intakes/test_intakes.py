"""Intakes over HTTP: create, read, list and close. test_changing_intakes.py tests updates."""

from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.planning.operations.programmes import create_programme
from campaigns.planning.rules import DEFAULT_STAGES, MAX_STAGES
from tests.factories.trail import trail_of
from tests.factories.world import World

NOWHERE = "0198f3a2-b7c8-7d3e-9a41-c0ffee0000ff"
DEFAULT = [{"key": stage.key, "name": stage.name, "kind": stage.kind.value} for stage in DEFAULT_STAGES]
FIRST = {"key": "registered", "name": "Registered", "kind": "registered"}
LAST = {"key": "accepted", "name": "Accepted", "kind": "accepted"}


def body(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "programme_id": str(world.programme.id),
        "name": "2028",
        "opens_at": "2027-11-01T00:00:00+07:00",
        "closes_at": "2028-02-01T00:00:00+07:00",
        "notice_version": "2027-1",
        "notice_url": "https://daftar.example/privacy",
        **changed,
    }


def stage(key: str, kind: str = "assessed") -> dict[str, str]:
    return {"key": key, "name": key, "kind": kind}


@pytest.fixture
def own(world: World) -> dict[str, str]:
    return world.as_role(Role.ADMINISTRATOR)


@pytest.fixture
async def foreign_intake(
    client: httpx.AsyncClient, session: AsyncSession, world: World, national: dict[str, str], now: datetime
) -> dict[str, Any]:
    programme = await create_programme(
        session, world.admin, unit_id=world.foreign.id, name="Bali", slug="bali", now=now
    )
    await session.commit()
    made = await client.post("/v1/intakes", json=body(world, programme_id=str(programme.id)), headers=national)
    shown: dict[str, Any] = made.json()
    return shown


class TestCreate:
    async def test_makes_an_intake_that_can_be_read_again(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        made = await client.post("/v1/intakes", json=body(world), headers=national)
        assert made.status_code == 201, made.text
        read = await client.get(made.headers["location"], headers=national)
        assert read.json() == made.json()
        assert read.headers["etag"] == made.headers["etag"] == '"1"'
        times = {"opens_at": "2027-10-31T17:00:00Z", "closes_at": "2028-01-31T17:00:00Z"}
        assert made.json() == {**made.json(), **body(world), **times, "stages": DEFAULT, "state": "active"}

    async def test_keeps_the_order_of_the_stages(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        # Neither alphabetical nor in the order of their kinds.
        stages = [FIRST, stage("zulu"), stage("alpha", "verified"), LAST, stage("mike", "withdrawn")]
        made = await client.post("/v1/intakes", json=body(world, stages=stages), headers=national)
        read = await client.get(made.headers["location"], headers=national)
        assert made.json()["stages"] == read.json()["stages"] == stages

    async def test_writes_down_what_was_made(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        stages = [FIRST, LAST]
        made = (await client.post("/v1/intakes", json=body(world, stages=stages), headers=national)).json()
        assert await trail_of(client, national, "intake", made["id"]) == [
            ("intake.created", {"name": "2028", "stages": stages})
        ]

    @pytest.mark.parametrize(
        ("changed", "pointers"),
        [
            ({"programme_id": "x"}, ["/programme_id"]),
            ({"name": ""}, ["/name"]),
            ({"opens_at": "2027-11-01T00:00:00"}, ["/opens_at"]),
            ({"opens_at": "0001-01-01T00:00:00+14:00"}, ["/opens_at"]),
            ({"opens_at": 10**400}, ["/opens_at"]),
            ({"closes_at": "9999-12-31T23:59:59-14:00"}, ["/closes_at"]),
            ({"closes_at": "2027-10-31T17:00:00Z"}, ["/closes_at"]),
            ({"notice_version": "x" * 51}, ["/notice_version"]),
            ({"notice_version": "\u0000"}, ["/notice_version"]),
            ({"notice_url": "javascript:alert(1)"}, ["/notice_url"]),
            ({"notice_url": "https://good.example\\@evil.example/"}, ["/notice_url"]),
            ({"stages": None}, ["/stages"]),
            ({"stages": []}, ["/stages"]),
            ({"stages": [FIRST, LAST] + [stage(f"s{n}") for n in range(MAX_STAGES - 1)]}, ["/stages"]),
            ({"stages": [LAST]}, ["/stages/0/kind"]),
            ({"stages": [FIRST]}, ["/stages"]),
            ({"stages": [FIRST, LAST, stage("again", "registered")]}, ["/stages/2/kind"]),
            ({"stages": [FIRST, LAST, stage("accepted")]}, ["/stages/2/key"]),
            ({"stages": [stage("a"), stage("a")]}, ["/stages/0/kind", "/stages/1/key", "/stages"]),
            ({"stages": [FIRST, LAST, stage("Not A Key")]}, ["/stages/2/key"]),
            ({"stages": [FIRST, LAST, stage("k" * 41)]}, ["/stages/2/key"]),
            ({"stages": [FIRST, LAST, stage("k", "hired")]}, ["/stages/2/kind"]),
            ({"stages": [FIRST, LAST, {**stage("k"), "name": "a\u0000"}]}, ["/stages/2/name"]),
            ({"stages": [FIRST, LAST, {**stage("k"), "position": 1}]}, ["/stages/2/position"]),
            ({"surprise": 1}, ["/surprise"]),
        ],
    )
    async def test_points_at_the_fields_at_fault(
        self,
        client: httpx.AsyncClient,
        world: World,
        national: dict[str, str],
        changed: dict[str, Any],
        pointers: list[str],
    ) -> None:
        answer = await client.post("/v1/intakes", json=body(world, **changed), headers=national)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers

    async def test_takes_as_many_stages_as_it_says(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        stages = [FIRST, LAST] + [stage(f"s{number}") for number in range(MAX_STAGES - 2)]
        made = await client.post("/v1/intakes", json=body(world, stages=stages), headers=national)
        assert (made.status_code, len(made.json()["stages"])) == (201, MAX_STAGES)

    async def test_a_closed_programme_takes_no_intake(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        await client.post(f"/v1/programmes/{world.programme.id}/close", headers=national)
        answer = await client.post("/v1/intakes", json=body(world), headers=national)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:programme-closed")

    async def test_a_shared_programme_gets_intakes_from_its_unit_only(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        answer = await client.post("/v1/intakes", json=body(world), headers=own)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:owned-by-higher-unit")

    async def test_does_not_know_a_foreign_programme(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], foreign_intake: dict[str, Any]
    ) -> None:
        given = body(world, programme_id=foreign_intake["programme_id"])
        assert (await client.post("/v1/intakes", json=given, headers=own)).status_code == 404

    @pytest.mark.parametrize("role", [Role.MARKETER, Role.RECRUITER, Role.VIEWER])
    async def test_is_for_administrators(self, client: httpx.AsyncClient, world: World, role: Role) -> None:
        answer = await client.post("/v1/intakes", json=body(world), headers=world.as_role(role))
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:missing-scope")


class TestList:
    @pytest.mark.usefixtures("foreign_intake")
    async def test_pages_through_own_and_shared_intakes(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        for number in range(3):
            await client.post("/v1/intakes", json=body(world, name=f"Round {number}"), headers=national)
        seen: list[str] = []
        address: str | None = "/v1/intakes?limit=2"
        while address:
            answer = await client.get(address, headers=world.as_role(Role.VIEWER))
            seen += [one["name"] for one in answer.json()["items"]]
            assert all(one["stages"] == DEFAULT for one in answer.json()["items"])
            address = answer.links["next"]["url"] if "next" in answer.links else None
        assert seen == ["Round 2", "Round 1", "Round 0", world.intake.name]

    async def test_narrows_to_a_programme(
        self,
        client: httpx.AsyncClient,
        world: World,
        national: dict[str, str],
        foreign_intake: dict[str, Any],
    ) -> None:
        for programme_id, intake_id in (
            (foreign_intake["programme_id"], foreign_intake["id"]),
            (str(world.programme.id), str(world.intake.id)),
        ):
            answer = await client.get(f"/v1/intakes?programme_id={programme_id}", headers=national)
            assert [one["id"] for one in answer.json()["items"]] == [intake_id]

    async def test_does_not_know_a_foreign_programme(
        self, client: httpx.AsyncClient, world: World, foreign_intake: dict[str, Any]
    ) -> None:
        for programme_id in (foreign_intake["programme_id"], NOWHERE):
            address = f"/v1/intakes?programme_id={programme_id}"
            assert (await client.get(address, headers=world.as_role(Role.VIEWER))).status_code == 404

    async def test_points_at_a_filter_that_is_no_id(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await client.get("/v1/intakes?programme_id=%00", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "parameter:programme_id")

    async def test_a_longer_page_takes_no_more_queries(
        self, client: httpx.AsyncClient, connection: AsyncConnection, world: World, national: dict[str, str]
    ) -> None:
        for number in range(3):
            await client.post("/v1/intakes", json=body(world, name=f"Round {number}"), headers=national)
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            statements.append(statement)

        counts = []
        event.listen(connection.engine.sync_engine, "before_cursor_execute", note)
        try:
            for limit in (1, 4):
                statements.clear()
                answer = await client.get(f"/v1/intakes?limit={limit}", headers=national)
                assert len(answer.json()["items"]) == limit
                counts.append(len([one for one in statements if one.startswith("SELECT")]))
        finally:
            event.remove(connection.engine.sync_engine, "before_cursor_execute", note)
        assert counts == [3, 3]  # the key, the intakes, their stages


class TestGet:
    async def test_reads_a_shared_intake(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await client.get(f"/v1/intakes/{world.intake.id}", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["stages"]) == (200, DEFAULT)

    async def test_does_not_know_a_foreign_intake(
        self, client: httpx.AsyncClient, world: World, foreign_intake: dict[str, Any]
    ) -> None:
        answer = await client.get(f"/v1/intakes/{foreign_intake['id']}", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:jaring:problem:not-found")


class TestClose:
    async def test_closes_for_good_and_once(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address = f"/v1/intakes/{world.intake.id}"
        first = await client.post(f"{address}/close", headers=national)
        assert (first.json()["state"], first.json()["version"]) == ("closed", 2)
        second = await client.post(f"{address}/close", headers=national)
        assert (second.status_code, second.json()) == (200, first.json())
        assert (await trail_of(client, national, "intake", world.intake.id))[1:] == [
            ("intake.closed", {"state": {"from": "active", "to": "closed"}})
        ]

    async def test_refuses_a_version_that_is_old(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address = f"/v1/intakes/{world.intake.id}/close"
        assert (await client.post(address, headers={**national, "If-Match": 'W/"7"'})).status_code == 412

    async def test_a_shared_intake_is_closed_by_its_unit_only(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        answer = await client.post(f"/v1/intakes/{world.intake.id}/close", headers=own)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:owned-by-higher-unit")

    async def test_does_not_know_a_foreign_intake(
        self, client: httpx.AsyncClient, own: dict[str, str], foreign_intake: dict[str, Any]
    ) -> None:
        assert (await client.post(f"/v1/intakes/{foreign_intake['id']}/close", headers=own)).status_code == 404
