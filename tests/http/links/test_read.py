"""Reading and listing links over HTTP, and another unit's links."""

from datetime import datetime
from uuid import uuid4

import httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from tests.factories.world import LANDING, World
from tests.http.links.placements import foreign_link, make, poster_channel


class TestForeignLinks:
    @pytest.mark.parametrize(
        ("method", "rest"),
        [("GET", ""), ("PATCH", ""), ("POST", "/retire"), ("GET", "/qr.svg"), ("GET", "/qr.png")],
    )
    async def test_are_not_known(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime, method: str, rest: str
    ) -> None:
        link_id = await foreign_link(world, session, now)
        sent = {"name": "Mine"} if method == "PATCH" else None
        answer = await client.request(
            method, f"/v1/links/{link_id}{rest}", headers=world.as_role(Role.ADMINISTRATOR), json=sent
        )
        assert answer.status_code == 404

    async def test_are_not_listed(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await foreign_link(world, session, now)
        own = await make(client, world)
        listed = await client.get("/v1/links", headers=world.as_role(Role.MARKETER))
        assert [one["id"] for one in listed.json()["items"]] == [own["id"]]


class TestList:
    async def test_pages_through_all_own_links(self, client: httpx.AsyncClient, world: World) -> None:
        for number in range(5):
            await make(client, world, slug=f"placement-{number}")
        seen: list[str] = []
        address: str | None = f"/v1/links?limit=2&campaign_id={world.campaign.id}&channel_id={world.channel.id}"
        while address:
            answer = await client.get(address, headers=world.as_role(Role.VIEWER))
            seen += [one["slug"] for one in answer.json()["items"]]
            address = answer.links["next"]["url"] if "next" in answer.links else None
        assert seen == [f"placement-{number}" for number in (4, 3, 2, 1, 0)]

    async def test_narrows_by_campaign_channel_and_state(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        headers = world.as_role(Role.ADMINISTRATOR)
        poster = await poster_channel(world, session, world.own, now)
        wave = {
            "unit_id": str(world.district.id),
            "intake_id": str(world.intake.id),
            "name": "Bandung",
            "slug": "bintara-bandung",
            "starts_at": "2026-11-01T00:00:00+07:00",
            "landing_url": LANDING,
        }
        other = (await client.post("/v1/campaigns", json=wave, headers=headers)).json()["id"]
        await make(client, world, slug="story")
        await make(client, world, slug="poster", channel_id=poster)
        await make(client, world, slug="bandung", campaign_id=other)
        gone = await make(client, world, slug="gone")
        await client.post(f"/v1/links/{gone['id']}/retire", headers=headers)

        async def slugs(query: str) -> list[str]:
            return [one["slug"] for one in (await client.get(f"/v1/links?{query}", headers=headers)).json()["items"]]

        assert await slugs("") == ["gone", "bandung", "poster", "story"]
        assert await slugs(f"campaign_id={other}") == ["bandung"]
        assert await slugs(f"channel_id={poster}") == ["poster"]
        assert await slugs("state=retired") == ["gone"]
        assert await slugs(f"state=active&campaign_id={world.campaign.id}") == ["poster", "story"]

    @pytest.mark.parametrize(
        ("query", "pointer"),
        [
            ("state=closed", "parameter:state"),
            ("campaign_id=nonsense", "parameter:campaign_id"),
            ("channel_id=nonsense", "parameter:channel_id"),
            ("cursor=nonsense", "parameter:cursor"),
            ("limit=0", "parameter:limit"),
            ("limit=" + "9" * 4000, "parameter:limit"),
        ],
    )
    async def test_points_at_the_parameter_at_fault(
        self, client: httpx.AsyncClient, world: World, query: str, pointer: str
    ) -> None:
        answer = await client.get(f"/v1/links?{query}", headers=world.as_role(Role.VIEWER))
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_does_not_know_foreign_filter_values(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        foreign = await poster_channel(world, session, world.foreign, now)
        for query in (f"campaign_id={world.foreign_campaign.id}", f"channel_id={foreign}", f"channel_id={uuid4()}"):
            answer = await client.get(f"/v1/links?{query}", headers=world.as_role(Role.VIEWER))
            assert answer.status_code == 404
