"""Campaigns over HTTP: create, read, list, update and close."""

from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar

import httpx
import pytest
from fastapi import FastAPI
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.links.resolver.channel import LINKS_CHANNEL
from campaigns.links.types import LinkSpec
from tests.factories.links import make_link
from tests.factories.world import World


def body(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "unit_id": str(world.own.id),
        "intake_id": str(world.intake.id),
        "name": "Bintara, second wave",
        "slug": "bintara-second",
        "starts_at": "2026-11-01T00:00:00+07:00",
        "ends_at": "2027-02-01T00:00:00+07:00",
        "landing_url": "https://daftar.example/bintara",
        "state": "active",
        **changed,
    }


class TestCreate:
    async def test_makes_a_campaign_that_can_be_read_again(self, client: httpx.AsyncClient, world: World) -> None:
        headers = world.as_role(Role.MARKETER)
        made = await client.post("/v1/campaigns", json=body(world), headers=headers)
        assert made.status_code == 201, made.text
        read = await client.get(made.headers["location"], headers=headers)
        assert read.json() == made.json()
        assert read.headers["etag"] == made.headers["etag"] == '"1"'

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"name": ""}, "/name"),
            ({"name": "a\u0000b"}, "/name"),
            ({"slug": "Not A Slug"}, "/slug"),
            ({"starts_at": "2026-11-01T00:00:00"}, "/starts_at"),
            ({"starts_at": "0001-01-01T00:00:00+14:00"}, "/starts_at"),
            ({"ends_at": "2026-10-01T00:00:00Z"}, "/ends_at"),
            ({"landing_url": "https://elsewhere.example/"}, "/landing_url"),
            ({"landing_url": "https://daftar.example\\@evil.example/"}, "/landing_url"),
            ({"landing_url": "https://user:secret@daftar.example/"}, "/landing_url"),
            ({"landing_url": "javascript:alert(1)"}, "/landing_url"),
            ({"preview_title": ""}, "/preview_title"),
            ({"preview_title": "x" * 201}, "/preview_title"),
            ({"preview_description": "x" * 501}, "/preview_description"),
            ({"preview_image": "http://daftar.example/a.png"}, "/preview_image"),
            ({"preview_image": "https://elsewhere.example/a.png"}, "/preview_image"),
            ({"surprise": 1}, "/surprise"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.post("/v1/campaigns", json=body(world, **changed), headers=world.as_role(Role.MARKETER))
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_refuses_a_slug_that_is_taken(self, client: httpx.AsyncClient, world: World) -> None:
        taken = body(world, slug=world.foreign_campaign.slug)
        answer = await client.post("/v1/campaigns", json=taken, headers=world.as_role(Role.MARKETER))
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:campaign-slug-taken")


class TestList:
    async def test_pages_through_all_own_campaigns(self, client: httpx.AsyncClient, world: World) -> None:
        headers = world.as_role(Role.MARKETER)
        for number in range(4):
            await client.post("/v1/campaigns", json=body(world, slug=f"wave-{number}"), headers=headers)
        await client.post("/v1/campaigns", json=body(world, slug="sketch", state="draft"), headers=headers)
        seen: list[str] = []
        address: str | None = "/v1/campaigns?limit=2&state=active"
        while address:
            answer = await client.get(address, headers=headers)
            seen += [one["slug"] for one in answer.json()["items"]]
            address = answer.links["next"]["url"] if "next" in answer.links else None
        assert seen == ["wave-3", "wave-2", "wave-1", "wave-0", "bintara-jabar"]

    async def test_refuses_a_made_up_cursor(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await client.get("/v1/campaigns?cursor=nonsense", headers=world.as_role(Role.MARKETER))
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "parameter:cursor")


class TestChange:
    async def test_changes_only_what_is_named(self, client: httpx.AsyncClient, world: World) -> None:
        address, headers = f"/v1/campaigns/{world.campaign.id}", world.as_role(Role.MARKETER)
        before = (await client.get(address, headers=headers)).json()
        after = (await client.patch(address, json={"name": "New"}, headers=headers)).json()
        assert after == {**before, "name": "New", "version": before["version"] + 1}

    async def test_refuses_a_version_that_is_old(self, client: httpx.AsyncClient, world: World) -> None:
        address, headers = f"/v1/campaigns/{world.campaign.id}", world.as_role(Role.MARKETER)
        first = await client.patch(address, json={"name": "One"}, headers={**headers, "If-Match": '"1"'})
        second = await client.patch(address, json={"name": "Two"}, headers={**headers, "If-Match": '"1"'})
        assert (first.status_code, second.status_code) == (200, 412)


class TestPreview:
    PREVIEW: ClassVar = {
        "preview_title": "Penerimaan Bintara",
        "preview_description": "Pendaftaran resmi.",
        "preview_image": "https://daftar.example/a.png",
    }

    async def test_is_made_changed_and_taken_away(self, client: httpx.AsyncClient, world: World) -> None:
        headers = world.as_role(Role.MARKETER)
        made = await client.post("/v1/campaigns", json=body(world, **self.PREVIEW), headers=headers)
        assert made.json() == {**made.json(), **self.PREVIEW}
        address, none = made.headers["location"], dict.fromkeys(self.PREVIEW)
        taken = await client.patch(address, json=none, headers=headers)
        assert taken.json() == {**made.json(), **none, "version": 2}
        given = await client.patch(address, json=self.PREVIEW, headers=headers)
        assert given.json() == {**made.json(), "version": 3}

    async def test_names_everything_that_is_wrong(self, client: httpx.AsyncClient, world: World) -> None:
        wrong = {"landing_url": "https://elsewhere.example/", "preview_image": "http://daftar.example/a.png"}
        address, headers = f"/v1/campaigns/{world.campaign.id}", world.as_role(Role.MARKETER)
        answer = await client.patch(address, json=wrong, headers=headers)
        assert answer.status_code == 422
        assert {error["pointer"] for error in answer.json()["errors"]} == {"/landing_url", "/preview_image"}

    @pytest.mark.parametrize(
        ("change", "heard"),
        [
            ({"name": "New"}, ["one", "two"]),
            ({"preview_title": "New"}, ["one", "two"]),
            ({"preview_description": "New"}, ["one", "two"]),
            ({"preview_image": "https://daftar.example/b.png"}, ["one", "two"]),
            ({"ends_at": "2027-02-01T00:00:00+07:00"}, []),
        ],
    )
    async def test_an_update_is_notified_to_the_redirect(
        self,
        client: httpx.AsyncClient,
        app: FastAPI,
        world: World,
        session: AsyncSession,
        now: datetime,
        change: dict[str, Any],
        heard: list[str],
    ) -> None:
        for campaign, slug in ((world.campaign, "one"), (world.campaign, "two"), (world.foreign_campaign, "other")):
            spec = LinkSpec(channel_id=world.channel.id, name=slug, slug=slug)
            await make_link(session, world.admin, campaign_id=campaign.id, spec=spec, now=now)
        await session.commit()
        forgotten: list[str] = []
        app.state.context = replace(app.state.context, listeners={LINKS_CHANNEL: forgotten.append})
        address = f"/v1/campaigns/{world.campaign.id}"
        answer = await client.patch(address, json=change, headers=world.as_role(Role.MARKETER))
        assert answer.status_code == 200, answer.text
        assert sorted(forgotten) == heard


class TestClose:
    async def test_stops_every_change(self, client: httpx.AsyncClient, world: World) -> None:
        address, headers = f"/v1/campaigns/{world.campaign.id}", world.as_role(Role.MARKETER)
        closed = await client.post(f"{address}/close", headers=headers)
        assert closed.json()["state"] == "closed"
        changed = await client.patch(address, json={"state": "active"}, headers=headers)
        assert changed.status_code == 409

    @pytest.mark.parametrize("state", ["draft", "active"])
    async def test_is_undone_by_an_administrator(self, client: httpx.AsyncClient, world: World, state: str) -> None:
        headers = world.as_role(Role.ADMINISTRATOR)
        made = await client.post("/v1/campaigns", json=body(world, state=state), headers=headers)
        address = f"/v1/campaigns/{made.json()['id']}"
        closed = await client.post(f"{address}/close", headers=headers)
        stale = await client.post(f"{address}/reopen", headers={**headers, "If-Match": made.headers["etag"]})
        assert stale.status_code == 412
        for _ in range(2):
            reopened = await client.post(f"{address}/reopen", headers=headers)
            assert reopened.json() == {**made.json(), "version": closed.json()["version"] + 1}

    async def test_of_its_intake_is_undone_first(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        headers, intake = national, f"/v1/intakes/{world.intake.id}"
        programme = f"/v1/programmes/{world.intake.programme_id}"
        campaign = f"/v1/campaigns/{world.campaign.id}"
        for address in (campaign, intake, programme):
            assert (await client.post(f"{address}/close", headers=headers)).json()["state"] == "closed"
        for address, above in ((campaign, "intake"), (intake, "programme")):
            refused = await client.post(f"{address}/reopen", headers=headers)
            assert refused.json()["type"] == f"urn:jaring:problem:{above}-closed"
        for address in (programme, intake, campaign):
            assert (await client.post(f"{address}/reopen", headers=headers)).json()["state"] == "active"

    async def test_and_its_undoing_are_told_to_the_redirect(
        self, app: FastAPI, client: httpx.AsyncClient, session: AsyncSession, world: World, now: datetime
    ) -> None:
        spec = LinkSpec(channel_id=world.channel.id, name="one", slug="one")
        await make_link(session, world.admin, campaign_id=world.campaign.id, spec=spec, now=now)
        await session.commit()
        forgotten: list[str] = []
        app.state.context = replace(app.state.context, listeners={LINKS_CHANNEL: forgotten.append})
        headers = world.as_role(Role.ADMINISTRATOR)
        for done in ("close", "close", "reopen", "reopen"):
            await client.post(f"/v1/campaigns/{world.campaign.id}/{done}", headers=headers)
        assert forgotten == ["one", "one"]
