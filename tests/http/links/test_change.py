"""Updating and retiring links over HTTP."""

from typing import Any

import httpx
import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.links.models import Link
from tests.factories.world import LANDING, World
from tests.http.links.placements import body, make


class TestChange:
    async def test_changes_only_what_is_named(self, client: httpx.AsyncClient, world: World) -> None:
        before, headers = await make(client, world), world.as_role(Role.MARKETER)
        after = await client.patch(f"/v1/links/{before['id']}", json={"name": "New"}, headers=headers)
        assert after.json() == {**before, "name": "New", "version": 2, "corrections": []}
        assert after.headers["etag"].startswith('"2-')

    async def test_leads_somewhere_else_afterwards(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world)
        change = {"destination": "https://daftar.example/akpol", "utm_term": None, "utm_content": "Story 2"}
        answer = await client.patch(f"/v1/links/{link['id']}", json=change, headers=world.as_role(Role.MARKETER))
        assert answer.json()["target_url"] == (
            "https://daftar.example/akpol?utm_source=instagram&utm_medium=social&utm_campaign=bintara-jabar"
            "&utm_content=story-2"
        )

    async def test_is_written_down_once(self, client: httpx.AsyncClient, world: World, session: AsyncSession) -> None:
        link, headers = await make(client, world), world.as_role(Role.MARKETER)
        for _ in range(2):
            answer = await client.patch(f"/v1/links/{link['id']}", json={"utm_content": "B"}, headers=headers)
            assert answer.json()["version"] == 2
        entry = (await session.exec(select(AuditEntry).where(col(AuditEntry.action) == "link.changed"))).one()
        assert entry.changes == {"utm_content": {"from": "story-1", "to": "b"}}

    async def test_refuses_a_version_that_is_old(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world)
        address, headers = f"/v1/links/{link['id']}", {**world.as_role(Role.MARKETER), "If-Match": '"1"'}
        first = await client.patch(address, json={"name": "One"}, headers=headers)
        second = await client.patch(address, json={"name": "Two"}, headers=headers)
        retired = await client.post(f"{address}/retire", headers=headers)
        assert (first.status_code, second.status_code, retired.status_code) == (200, 412, 412)

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"name": None}, "/name"),
            ({"destination": None}, "/destination"),
            ({"destination": "https://elsewhere.example/"}, "/destination"),
            ({"utm_term": "a b&c"}, "/utm_term"),
            ({"utm_content": ""}, "/utm_content"),
            ({"slug": "another"}, "/slug"),
            ({"channel_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000005"}, "/channel_id"),
            ({"campaign_id": "0198f3a2-b7c8-7d3e-9a41-c0ffee000004"}, "/campaign_id"),
            ({"state": "retired"}, "/state"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, change: dict[str, Any], pointer: str
    ) -> None:
        link = await make(client, world)
        answer = await client.patch(f"/v1/links/{link['id']}", json=change, headers=world.as_role(Role.MARKETER))
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_works_while_the_campaign_is_closed(self, client: httpx.AsyncClient, world: World) -> None:
        link, headers = await make(client, world), world.as_role(Role.MARKETER)
        await client.post(f"/v1/campaigns/{world.campaign.id}/close", headers=headers)
        answer = await client.patch(
            f"/v1/links/{link['id']}", json={"destination": f"{LANDING}/other"}, headers=headers
        )
        assert answer.json()["destination"] == f"{LANDING}/other"


class TestNames:
    """A new term or content is checked as for a new link."""

    async def change(
        self, client: httpx.AsyncClient, world: World, link: dict[str, Any], **changes: Any
    ) -> httpx.Response:
        return await client.patch(f"/v1/links/{link['id']}", json=changes, headers=world.as_role(Role.MARKETER))

    async def test_are_normalised_and_corrections_reported(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world)
        changed = (await self.change(client, world, link, utm_content="Reels_Pertama", utm_term="pagi")).json()
        assert (changed["utm"]["content"], changed["utm"]["term"]) == ("reels-pertama", "pagi")
        assert [(one["pointer"], one["kind"], one["suggestion"]) for one in changed["corrections"]] == [
            ("/utm_content", "mixed_case", "reels-pertama"),
            ("/utm_content", "underscore", "reels-pertama"),
        ]

    async def test_near_duplicates_are_refused_unless_they_are_confirmed(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        await make(client, world, slug=None, utm_content="reels-pertama", utm_term="malam-minggu")
        link = await make(client, world)
        slips = {"utm_content": "reels-pertamaa", "utm_term": "malam-mingu"}
        answer = await self.change(client, world, link, **slips, tags=["a&b"])
        assert answer.status_code == 422
        assert sorted((one["pointer"], one["code"]) for one in answer.json()["errors"]) == [
            ("/tags/0", "not-a-tag"),
            ("/utm_content", "near-double"),
            ("/utm_term", "near-double"),
        ]
        assert any(
            '"reels-pertamaa" looks like a misspelling of "reels-pertama"' in one["detail"]
            for one in answer.json()["errors"]
        )
        confirmed = await self.change(client, world, link, **slips, keep_names=["Reels Pertamaa", "malam-mingu"])
        assert confirmed.status_code == 200, confirmed.text
        # What was confirmed once is not asked about again while it stays.
        again = await self.change(client, world, link, **slips, name="New")
        assert (again.status_code, again.json()["version"]) == (200, confirmed.json()["version"] + 1)

    async def test_the_links_own_name_is_on_its_way_out(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world, utm_content="reels-pertama")
        mended = await self.change(client, world, link, utm_content="reels-pertamaa")
        assert (mended.status_code, mended.json()["utm"]["content"]) == (200, "reels-pertamaa")

    async def test_but_not_while_another_link_has_it(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world, utm_content="reels-pertama")
        await make(client, world, slug=None, utm_content="reels-pertama")
        assert (await self.change(client, world, link, utm_content="reels-pertamaa")).status_code == 422

    async def test_an_older_name_stays_as_it_is_spelt(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        made = await make(client, world, utm_content="bio")
        (await session.get_one(Link, made["id"])).utm_content = "bio_link"
        await session.commit()
        same = await self.change(client, world, made, utm_content="bio_link", name="New")
        assert (same.json()["utm"]["content"], same.json()["corrections"]) == ("bio_link", [])
        other = await make(client, world, slug=None)
        assert (await self.change(client, world, other, utm_content="Bio_Link")).json()["utm"]["content"] == "bio_link"

    async def test_a_name_can_be_removed(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world)
        changed = await self.change(client, world, link, utm_content=None)
        assert (changed.json()["utm"]["content"], changed.json()["corrections"]) == (None, [])


class TestRetire:
    async def test_retires_for_good(self, client: httpx.AsyncClient, world: World) -> None:
        link, headers = await make(client, world), world.as_role(Role.MARKETER)
        retired = await client.post(f"/v1/links/{link['id']}/retire", headers=headers)
        assert retired.json() == {
            **link,
            "state": "retired",
            "retired_at": retired.json()["retired_at"],
            "version": 2,
        }
        assert retired.json()["retired_at"] is not None
        changed = await client.patch(f"/v1/links/{link['id']}", json={"name": "Back"}, headers=headers)
        assert (changed.status_code, changed.json()["type"]) == (409, "urn:jaring:problem:link-retired")
        again = await client.post("/v1/links", json=body(world), headers=headers)
        assert (again.status_code, again.json()["type"]) == (409, "urn:jaring:problem:slug-taken")

    async def test_changes_nothing_the_second_time(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        link, headers = await make(client, world), world.as_role(Role.MARKETER)
        first = await client.post(f"/v1/links/{link['id']}/retire", headers=headers)
        second = await client.post(f"/v1/links/{link['id']}/retire", headers=headers)
        assert (second.status_code, second.json()) == (200, first.json())
        written = await session.exec(select(AuditEntry).where(col(AuditEntry.action) == "link.retired"))
        assert len(written.all()) == 1
