"""Units over HTTP: create, read, list and update, and the allow-list that applies to each."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.links.destination_checks.queries import read_checks
from campaigns.links.models import DestinationCheck
from campaigns.links.types import LinkSpec
from tests.factories.links import make_link
from tests.factories.trail import trail_of
from tests.factories.world import World, build_campaign

NOWHERE = "0198f3a2-b7c8-7d3e-9a41-c0ffee0000ff"


def body(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "parent_id": str(world.own.id),
        "kind": "district",
        "name": "Bogor",
        "code": "ID-JB-BGR",
        **changed,
    }


@pytest.fixture
def own(world: World) -> dict[str, str]:
    return world.as_role(Role.ADMINISTRATOR)


class TestCreate:
    async def test_makes_a_unit_that_can_be_read_again(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        made = await client.post("/v1/units", json=body(world), headers=own)
        assert made.status_code == 201, made.text
        read = await client.get(made.headers["location"], headers=own)
        assert read.json() == made.json()
        assert read.headers["etag"].startswith('"1-')
        assert made.headers["etag"].startswith('"1-')
        shown = made.json()
        assert {name: shown[name] for name in body(world)} == body(world)
        assert (shown["allowed_hosts"], shown["effective_hosts"]) == ([], ["daftar.example"])

    async def test_keeps_hosts_in_one_spelling(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        hosts = ["Bogor.Example", "*.bogor.example", "bogor.example."]
        made = (await client.post("/v1/units", json=body(world, allowed_hosts=hosts), headers=own)).json()
        assert made["allowed_hosts"] == made["effective_hosts"] == ["bogor.example", "*.bogor.example"]

    async def test_writes_down_what_was_made(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        given = body(world, allowed_hosts=["bogor.example"])
        made = (await client.post("/v1/units", json=given, headers=own)).json()
        written = {name: given[name] for name in ("kind", "code", "name", "allowed_hosts")}
        assert await trail_of(client, own, "unit", made["id"]) == [("unit.created", written)]

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"parent_id": "not-an-id"}, "/parent_id"),
            ({"parent_id": None}, "/parent_id"),
            ({"kind": "province"}, "/parent_id"),
            ({"kind": "national"}, "/kind"),
            ({"kind": 7}, "/kind"),
            ({"name": " "}, "/name"),
            ({"name": "a\u0000b"}, "/name"),
            ({"name": "x" * 201}, "/name"),
            ({"code": ""}, "/code"),
            ({"code": "id-jb"}, "/code"),
            ({"code": "A" * 21}, "/code"),
            ({"code": "A\u0000"}, "/code"),
            ({"allowed_hosts": "daftar.example"}, "/allowed_hosts"),
            ({"allowed_hosts": ["a.example"] * 51}, "/allowed_hosts"),
            ({"allowed_hosts": ["a.example", ""]}, "/allowed_hosts/1"),
            ({"allowed_hosts": ["a.example", "https://b.example"]}, "/allowed_hosts/1"),
            ({"allowed_hosts": ["*"]}, "/allowed_hosts/0"),
            ({"allowed_hosts": ["a.*.example"]}, "/allowed_hosts/0"),
            ({"allowed_hosts": ["a.example\u0000"]}, "/allowed_hosts/0"),
            ({"surprise": 1}, "/surprise"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.post("/v1/units", json=body(world, **changed), headers=own)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    @pytest.mark.parametrize("content", [b'{"name": "\\ud800"}', b'{"name": ', b"[" * 5000, b"\xff\xfe"])
    async def test_refuses_a_body_that_is_no_text(
        self, client: httpx.AsyncClient, own: dict[str, str], content: bytes
    ) -> None:
        headers = {**own, "Content-Type": "application/json"}
        answer = await client.post("/v1/units", content=content, headers=headers)
        assert answer.status_code in (400, 422), answer.text

    async def test_refuses_a_code_that_is_taken_anywhere(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        answer = await client.post("/v1/units", json=body(world, code=world.foreign.code), headers=own)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:unit-code-taken")

    @pytest.mark.parametrize("parent", ["foreign", "national"])
    async def test_does_not_know_parents_outside_the_subtree(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], parent: str
    ) -> None:
        given = body(world, parent_id=str(getattr(world, parent).id), kind="province")
        assert (await client.post("/v1/units", json=given, headers=own)).status_code == 404

    @pytest.mark.parametrize("role", [Role.MARKETER, Role.RECRUITER, Role.VIEWER])
    async def test_is_for_administrators(self, client: httpx.AsyncClient, world: World, role: Role) -> None:
        answer = await client.post("/v1/units", json=body(world), headers=world.as_role(role))
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:missing-scope")


class TestList:
    async def test_shows_the_own_subtree_only(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await client.get("/v1/units", headers=world.as_role(Role.VIEWER))
        assert {unit["code"] for unit in answer.json()["items"]} == {world.district.code, world.own.code}
        assert answer.json()["next_cursor"] is None

    async def test_pages_through_all(self, client: httpx.AsyncClient, world: World, national: dict[str, str]) -> None:
        seen: list[str] = []
        address: str | None = "/v1/units?limit=1"
        while address:
            answer = await client.get(address, headers=national)
            seen += [unit["code"] for unit in answer.json()["items"]]
            address = answer.links["next"]["url"] if "next" in answer.links else None
        # Ids of one millisecond have no order among themselves, so only the set is certain.
        assert sorted(seen) == sorted(unit.code for unit in (world.national, world.own, world.foreign, world.district))

    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ("limit=0", "parameter:limit"),
            ("limit=201", "parameter:limit"),
            ("limit=99999999999999999999999", "parameter:limit"),
            ("cursor=nonsense", "parameter:cursor"),
            ("cursor=%00", "parameter:cursor"),
            (f"cursor={'A' * 65}", "parameter:cursor"),
        ],
    )
    async def test_points_at_the_parameter_at_fault(
        self, client: httpx.AsyncClient, world: World, query: str, pointer: str
    ) -> None:
        answer = await client.get(f"/v1/units?{query}", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


class TestGet:
    @pytest.mark.parametrize("unit", ["foreign", "national"])
    async def test_does_not_know_units_outside_the_subtree(
        self, client: httpx.AsyncClient, world: World, unit: str
    ) -> None:
        answer = await client.get(f"/v1/units/{getattr(world, unit).id}", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:jaring:problem:not-found")

    async def test_refuses_what_is_no_id(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await client.get("/v1/units/nonsense", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "parameter:unit_id")


class TestChange:
    async def test_changes_only_what_is_named(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        address = f"/v1/units/{world.own.id}"
        before = (await client.get(address, headers=own)).json()
        after = await client.patch(address, json={"name": "Jawa Barat"}, headers=own)
        assert after.json() == {**before, "name": "Jawa Barat", "version": 2}
        assert after.headers["etag"].startswith('"2-')
        assert (await client.get(address, headers=own)).json() == after.json()

    async def test_an_own_allow_list_replaces_the_inherited_one(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        address, below = f"/v1/units/{world.own.id}", f"/v1/units/{world.district.id}"
        given = (await client.patch(address, json={"allowed_hosts": ["JABAR.example"]}, headers=own)).json()
        assert given["effective_hosts"] == ["jabar.example"]
        assert (await client.get(below, headers=own)).json()["effective_hosts"] == ["jabar.example"]
        emptied = (await client.patch(address, json={"allowed_hosts": []}, headers=own)).json()
        assert (emptied["allowed_hosts"], emptied["effective_hosts"]) == ([], ["daftar.example"])

    async def test_writes_down_from_and_to(self, client: httpx.AsyncClient, world: World, own: dict[str, str]) -> None:
        address = f"/v1/units/{world.own.id}"
        await client.patch(address, json={"name": "Jawa Barat", "allowed_hosts": ["a.example"]}, headers=own)
        assert (await trail_of(client, own, "unit", world.own.id))[1:] == [
            (
                "unit.changed",
                {
                    "allowed_hosts": {"from": [], "to": ["a.example"]},
                    "name": {"from": "West Java", "to": "Jawa Barat"},
                },
            )
        ]

    @pytest.mark.parametrize("same", [{}, {"name": "West Java"}, {"allowed_hosts": []}])
    async def test_an_update_without_changes_is_not_audited(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], same: dict[str, Any]
    ) -> None:
        answer = await client.patch(f"/v1/units/{world.own.id}", json=same, headers=own)
        assert (answer.status_code, answer.json()["version"]) == (200, 1)
        assert len(await trail_of(client, own, "unit", world.own.id)) == 1

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"name": None}, "/name"),
            ({"name": ""}, "/name"),
            ({"allowed_hosts": None}, "/allowed_hosts"),
            ({"allowed_hosts": ["a.example", "-"]}, "/allowed_hosts/1"),
            ({"code": "ID-XX"}, "/code"),
            ({"kind": "district"}, "/kind"),
            ({"parent_id": NOWHERE}, "/parent_id"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.patch(f"/v1/units/{world.own.id}", json=changed, headers=own)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_a_new_allow_list_has_the_links_of_its_units_followed_at_once(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], session: AsyncSession, now: datetime
    ) -> None:
        links = {}
        for unit, campaign in (
            (world.own, world.campaign),
            (world.foreign, world.foreign_campaign),
            (
                world.district,
                await build_campaign(
                    session, world.admin, unit=world.district, intake=world.intake, slug="bandung", now=now
                ),
            ),
        ):
            link = await make_link(
                session,
                world.admin,
                campaign_id=campaign.id,
                spec=LinkSpec(channel_id=world.channel.id, name="Story"),
                now=now,
            )
            links[unit.code] = link.id
        tomorrow = now + timedelta(days=1)
        for check in (await session.exec(select(DestinationCheck))).all():
            check.next_at, check.verdict = tomorrow, "ok"
        await session.commit()
        address = f"/v1/units/{world.own.id}"
        for change, followed in (
            ({"name": "Jawa Barat"}, set()),
            ({"allowed_hosts": ["jabar.example"]}, {world.own.code, world.district.code}),
        ):
            assert (await client.patch(address, json=change, headers=own)).status_code == 200
            checks = await read_checks(session, list(links.values()))
            soon = {code for code, link_id in links.items() if checks[link_id][0].next_at < tomorrow}
            assert soon == followed
            assert {check.verdict for [check] in checks.values()} == {"ok"}

    async def test_refuses_a_version_that_is_old(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        address, expecting = f"/v1/units/{world.own.id}", {**own, "If-Match": '"1"'}
        first = await client.patch(address, json={"name": "One"}, headers=expecting)
        second = await client.patch(address, json={"name": "Two"}, headers=expecting)
        assert (first.status_code, second.status_code) == (200, 412)
        assert second.json()["type"] == "urn:jaring:problem:stale-version"
        assert (await client.get(address, headers=own)).json()["name"] == "One"

    @pytest.mark.parametrize("unit", ["foreign", "national"])
    async def test_does_not_know_units_outside_the_subtree(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], unit: str
    ) -> None:
        address = f"/v1/units/{getattr(world, unit).id}"
        assert (await client.patch(address, json={"name": "Mine"}, headers=own)).status_code == 404

    async def test_is_for_administrators(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await client.patch(
            f"/v1/units/{world.own.id}", json={"name": "Mine"}, headers=world.as_role(Role.MARKETER)
        )
        assert answer.status_code == 403


class TestTemplates:
    async def test_are_inherited_one_by_one(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], national: dict[str, str]
    ) -> None:
        given = {"term_template": "{medium}", "content_template": "{name}-{month}"}
        await client.patch(f"/v1/units/{world.national.id}", json=given, headers=national)
        address, below = f"/v1/units/{world.own.id}", f"/v1/units/{world.district.id}"
        changed = (await client.patch(address, json={"content_template": " {unit}_{number} "}, headers=own)).json()
        assert (changed["term_template"], changed["content_template"]) == (None, "{unit}_{number}")
        for shown in (changed, (await client.get(below, headers=own)).json()):
            assert shown["effective_term_template"] == "{medium}"
            assert shown["effective_content_template"] == "{unit}_{number}"
        taken_off = (await client.patch(address, json={"content_template": None}, headers=own)).json()
        assert (taken_off["content_template"], taken_off["effective_content_template"]) == (None, "{name}-{month}")

    async def test_are_null_if_no_unit_above_has_one(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        shown = (await client.get(f"/v1/units/{world.own.id}", headers=own)).json()
        assert (shown["effective_term_template"], shown["effective_content_template"]) == (None, None)

    async def test_are_written_down(self, client: httpx.AsyncClient, world: World, own: dict[str, str]) -> None:
        await client.patch(f"/v1/units/{world.own.id}", json={"term_template": "{medium}"}, headers=own)
        written = {"term_template": {"from": None, "to": "{medium}"}}
        assert (await trail_of(client, own, "unit", world.own.id))[1:] == [("unit.changed", written)]

    async def test_reports_every_error(self, client: httpx.AsyncClient, world: World, own: dict[str, str]) -> None:
        given = {"term_template": "{sauce}", "content_template": "{content}", "allowed_hosts": ["-"]}
        answer = await client.patch(f"/v1/units/{world.own.id}", json=given, headers=own)
        assert answer.status_code == 422
        assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
            ("/allowed_hosts/0", "not-a-host"),
            ("/term_template", "unknown-placeholder"),
            ("/content_template", "unknown-placeholder"),
        ]
        assert "{sauce}" in answer.json()["errors"][1]["detail"]
        assert (await client.get(f"/v1/units/{world.own.id}", headers=own)).json()["version"] == 1
