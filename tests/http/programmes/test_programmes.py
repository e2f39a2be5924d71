"""Programmes over HTTP: create, read, list, update and close; programmes of units above are shared."""

from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.planning.models import Programme
from campaigns.planning.operations.programmes import create_programme
from tests.factories.trail import trail_of
from tests.factories.world import World


def body(world: World, **changed: Any) -> dict[str, Any]:
    return {"unit_id": str(world.own.id), "name": "Tamtama", "slug": "tamtama", **changed}


@pytest.fixture
def own(world: World) -> dict[str, str]:
    return world.as_role(Role.ADMINISTRATOR)


@pytest.fixture
async def foreign_programme(session: AsyncSession, world: World, now: datetime) -> Programme:
    programme = await create_programme(
        session, world.admin, unit_id=world.foreign.id, name="Bali", slug="bali", now=now
    )
    await session.commit()
    return programme


class TestCreate:
    async def test_makes_a_programme_that_can_be_read_again(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        made = await client.post("/v1/programmes", json=body(world), headers=own)
        assert made.status_code == 201, made.text
        read = await client.get(made.headers["location"], headers=own)
        assert read.json() == made.json()
        assert read.headers["etag"] == made.headers["etag"] == '"1"'
        assert made.json() == {**made.json(), **body(world), "state": "active", "version": 1}

    async def test_writes_down_what_was_made(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        made = (await client.post("/v1/programmes", json=body(world), headers=own)).json()
        assert await trail_of(client, own, "programme", made["id"]) == [
            ("programme.created", {"name": "Tamtama", "slug": "tamtama"})
        ]

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"unit_id": 7}, "/unit_id"),
            ({"name": ""}, "/name"),
            ({"name": "a\u0000b"}, "/name"),
            ({"name": ["Tamtama"]}, "/name"),
            ({"slug": "Not A Slug"}, "/slug"),
            ({"slug": "a--b"}, "/slug"),
            ({"slug": "a" * 61}, "/slug"),
            ({"slug": "tamtama\n"}, "/slug"),
            ({"state": "closed"}, "/state"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.post("/v1/programmes", json=body(world, **changed), headers=own)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_a_slug_is_taken_in_its_unit_only(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        of_the_national_unit = body(world, slug=world.programme.slug)
        assert (await client.post("/v1/programmes", json=of_the_national_unit, headers=own)).status_code == 201
        again = await client.post("/v1/programmes", json=of_the_national_unit, headers=own)
        assert (again.status_code, again.json()["type"]) == (409, "urn:jaring:problem:programme-slug-taken")

    @pytest.mark.parametrize("unit", ["foreign", "national"])
    async def test_does_not_know_units_outside_the_subtree(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], unit: str
    ) -> None:
        given = body(world, unit_id=str(getattr(world, unit).id))
        assert (await client.post("/v1/programmes", json=given, headers=own)).status_code == 404

    @pytest.mark.parametrize("role", [Role.MARKETER, Role.RECRUITER, Role.VIEWER])
    async def test_is_for_administrators(self, client: httpx.AsyncClient, world: World, role: Role) -> None:
        answer = await client.post("/v1/programmes", json=body(world), headers=world.as_role(role))
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:missing-scope")


class TestList:
    @pytest.mark.usefixtures("foreign_programme")
    async def test_shows_own_and_shared_programmes_in_pages(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        for number in range(3):
            await client.post("/v1/programmes", json=body(world, slug=f"round-{number}"), headers=own)
        seen: list[str] = []
        address: str | None = "/v1/programmes?limit=2"
        while address:
            answer = await client.get(address, headers=world.as_role(Role.VIEWER))
            seen += [one["slug"] for one in answer.json()["items"]]
            address = answer.links["next"]["url"] if "next" in answer.links else None
        assert seen == ["round-2", "round-1", "round-0", world.programme.slug]

    async def test_refuses_a_made_up_cursor(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await client.get("/v1/programmes?cursor=AAAA", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "parameter:cursor")


class TestGet:
    async def test_reads_a_shared_programme(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await client.get(f"/v1/programmes/{world.programme.id}", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["unit_id"]) == (200, str(world.national.id))

    async def test_does_not_know_a_foreign_programme(
        self, client: httpx.AsyncClient, world: World, foreign_programme: Programme
    ) -> None:
        answer = await client.get(f"/v1/programmes/{foreign_programme.id}", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:jaring:problem:not-found")


class TestChange:
    async def test_changes_the_name_and_writes_it_down(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address = f"/v1/programmes/{world.programme.id}"
        before = (await client.get(address, headers=national)).json()
        after = await client.patch(address, json={"name": "Bintara PTU"}, headers=national)
        assert after.json() == {**before, "name": "Bintara PTU", "version": 2}
        assert after.headers["etag"] == '"2"'
        assert (await trail_of(client, national, "programme", world.programme.id))[1:] == [
            ("programme.changed", {"name": {"from": "Bintara", "to": "Bintara PTU"}})
        ]

    async def test_an_update_without_changes_is_not_audited(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address = f"/v1/programmes/{world.programme.id}"
        answer = await client.patch(address, json={"name": "Bintara"}, headers=national)
        assert (answer.status_code, answer.json()["version"]) == (200, 1)
        assert len(await trail_of(client, national, "programme", world.programme.id)) == 1

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [({"name": None}, "/name"), ({"name": "x" * 201}, "/name"), ({"slug": "other"}, "/slug")],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str], changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.patch(f"/v1/programmes/{world.programme.id}", json=changed, headers=national)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_refuses_a_version_that_is_old(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address, expecting = f"/v1/programmes/{world.programme.id}", {**national, "If-Match": '"1"'}
        first = await client.patch(address, json={"name": "One"}, headers=expecting)
        second = await client.patch(address, json={"name": "Two"}, headers=expecting)
        assert (first.status_code, second.status_code) == (200, 412)

    async def test_a_shared_programme_is_changed_by_its_unit_only(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        answer = await client.patch(f"/v1/programmes/{world.programme.id}", json={"name": "Mine"}, headers=own)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:owned-by-higher-unit")

    async def test_does_not_know_a_foreign_programme(
        self, client: httpx.AsyncClient, own: dict[str, str], foreign_programme: Programme
    ) -> None:
        answer = await client.patch(f"/v1/programmes/{foreign_programme.id}", json={"name": "Mine"}, headers=own)
        assert answer.status_code == 404


class TestClose:
    async def test_closes_for_good_and_once(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address = f"/v1/programmes/{world.programme.id}"
        first = await client.post(f"{address}/close", headers=national)
        assert (first.json()["state"], first.json()["version"]) == ("closed", 2)
        second = await client.post(f"{address}/close", headers=national)
        assert (second.status_code, second.json()) == (200, first.json())
        assert (await trail_of(client, national, "programme", world.programme.id))[1:] == [
            ("programme.closed", {"state": {"from": "active", "to": "closed"}})
        ]

    async def test_refuses_a_version_that_is_old(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address = f"/v1/programmes/{world.programme.id}/close"
        answer = await client.post(address, headers={**national, "If-Match": '"7"'})
        assert answer.status_code == 412

    async def test_a_shared_programme_is_closed_by_its_unit_only(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        answer = await client.post(f"/v1/programmes/{world.programme.id}/close", headers=own)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:owned-by-higher-unit")

    async def test_does_not_know_a_foreign_programme(
        self, client: httpx.AsyncClient, own: dict[str, str], foreign_programme: Programme
    ) -> None:
        assert (await client.post(f"/v1/programmes/{foreign_programme.id}/close", headers=own)).status_code == 404
