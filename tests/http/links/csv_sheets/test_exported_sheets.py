"""Sheets of links over HTTP: exports, and what an import makes of an export that comes back."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.kit.database.engine import SessionFactory
from campaigns.links.csv_sheets.export import sheet_parts
from campaigns.links.queries import LinkFilters
from tests.factories.world import LANDING, World
from tests.http.links.csv_sheets.sheets import exported, faults, links, send
from tests.http.links.placements import foreign_link, make, poster_channel


class TestExport:
    async def test_exports_the_links_of_the_list(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await foreign_link(world, session, now)
        first = await make(client, world, tags=["week-1"])
        second = await make(client, world, slug="second", name="=1+1")
        rows = await exported(client, world)
        assert [row["id"] for row in rows] == [second["id"], first["id"]]
        assert (rows[0]["name"], rows[1]["target_url"]) == ("'=1+1", first["target_url"])
        only = {
            "?tag=week-1": [first],
            "?search=econd": [second],
            f"?campaign_id={world.campaign.id}": [second, first],
            f"?channel_id={world.channel.id}&state=active": [second, first],
            "?state=retired": [],
        }
        for query, expected in only.items():
            assert [row["id"] for row in await exported(client, world, query)] == [link["id"] for link in expected]

    @pytest.mark.parametrize("query", ["state=on", "campaign_id=x", "search=x", "tag=nobodys", "check=zzz"])
    async def test_refuses_unknown_filters(self, client: httpx.AsyncClient, world: World, query: str) -> None:
        answer = await client.get(f"/v1/links/export?{query}", headers=world.as_role(Role.VIEWER))
        assert answer.status_code == 422

    async def test_does_not_know_a_foreign_campaign_or_channel(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        channel = await poster_channel(world, session, world.foreign, now)
        for query in (f"campaign_id={world.foreign_campaign.id}", f"channel_id={channel}"):
            answer = await client.get(f"/v1/links/export?{query}", headers=world.as_role(Role.VIEWER))
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:jaring:problem:not-found")

    async def test_comes_in_parts_and_loses_nothing_between_them(
        self, client: httpx.AsyncClient, world: World, sessions: SessionFactory
    ) -> None:
        made = await send(client, world, *(f"bintara-jabar,ig,Link {number},c-{number}" for number in range(7)))
        ids = [link["id"] for link in made.json()["links"]]
        open_sessions = opened = 0

        @asynccontextmanager
        async def counted() -> AsyncIterator[AsyncSession]:
            nonlocal open_sessions, opened
            opened, open_sessions = opened + 1, open_sessions + 1
            async with sessions() as session:
                yield session
            open_sessions -= 1

        parts = sheet_parts(
            counted,
            world.principals[Role.VIEWER],
            filters=LinkFilters(),
            short_link_base="https://jaring.example",
            timezone=ZoneInfo("Asia/Jakarta"),
            links_a_part=3,
        )
        texts, sizes = [], []
        async for text, size in parts:
            # Whoever reads the part slowly now keeps no connection of the database.
            assert open_sessions == 0
            texts.append(text)
            sizes.append(size)
        assert (sizes, opened) == ([3, 3, 1], 3)
        rows = list(csv.DictReader(io.StringIO("".join(texts).removeprefix("\ufeff"))))
        assert sorted(row["id"] for row in rows) == sorted(ids)


class TestSentBack:
    """An exported sheet is imported, with or without edits."""

    @pytest.fixture
    async def made(self, client: httpx.AsyncClient, world: World) -> dict[str, Any]:
        sent = {"name": "'+62 =x", "utm_content": "bio", "tags": ["a", "b"], "ends_at": "2027-01-01T00:00:00Z"}
        return await make(client, world, **sent)

    async def sheet(self, client: httpx.AsyncClient, world: World) -> str:
        return (await client.get("/v1/links/export", headers=world.as_role(Role.VIEWER))).text

    async def back(
        self, client: httpx.AsyncClient, world: World, sheet: str, query: str = "", role: Role = Role.MARKETER
    ) -> httpx.Response:
        headers = {**world.as_role(role), "Content-Type": "text/csv", "Idempotency-Key": uuid4().hex}
        return await client.post(f"/v1/links/import{query}", content=sheet.encode(), headers=headers)

    async def test_is_passed_over_as_it_is(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, made: dict[str, Any]
    ) -> None:
        headers = world.as_role(Role.MARKETER)
        other = await make(client, world, slug=None, rules=[{"device": "ios", "destination": LANDING}])
        await client.patch(f"/v1/links/{made['id']}", json={"state": "paused"}, headers=headers)
        await client.post(f"/v1/links/{other['id']}/retire", headers=headers)
        sheet = await self.sheet(client, world)
        for query, status in (("?dry_run=true", 200), ("", 201)):
            answer = await self.back(client, world, sheet, query)
            assert answer.status_code == status, answer.text
            assert (answer.json()["links"], answer.json()["skipped_rows"]) == ([], [1, 2])
        assert await links(session) == 2

    async def test_rows_that_were_added_are_made(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, made: dict[str, Any]
    ) -> None:
        header = (await self.sheet(client, world)).splitlines()[0].removeprefix("\ufeff").split(",")
        fresh = {"campaign": "bintara-jabar", "source": "ig", "name": "Fresh", "content": "story-9"}
        sheet = await self.sheet(client, world) + ",".join(fresh.get(column, "") for column in header) + "\r\n"
        answer = await self.back(client, world, sheet)
        assert answer.status_code == 201, answer.text
        assert answer.json()["skipped_rows"] == [1]
        assert [link["utm"]["content"] for link in answer.json()["links"]] == ["story-9"]
        assert await links(session) == 2

    async def test_an_edited_row_is_rejected_with_advice(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, made: dict[str, Any]
    ) -> None:
        sheet = (await self.sheet(client, world)).replace(",bio,", ",bio-2,").replace("a|b", "a|c")
        answer = await self.back(client, world, sheet)
        assert faults(answer) == [("/rows/1/id", "link-differs")]
        detail = answer.json()["errors"][0]["detail"]
        assert "has the id of the link bintara-story-1, but differs in content, tags." in detail
        assert "empty its id and slug" in detail
        assert await links(session) == 1

    async def test_without_id_and_slug_its_rows_are_links_of_their_own(
        self, client: httpx.AsyncClient, world: World, made: dict[str, Any]
    ) -> None:
        rows = list(csv.DictReader(io.StringIO((await self.sheet(client, world)).removeprefix("\ufeff"), newline="")))
        sheet = io.StringIO(newline="")
        writer = csv.DictWriter(sheet, [name for name in rows[0] if name not in ("id", "slug")], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
        again = await self.back(client, world, sheet.getvalue())
        assert again.status_code == 201, again.text
        address = f"/v1/links/{again.json()['links'][0]['id']}"
        read = (await client.get(address, headers=world.as_role(Role.VIEWER))).json()
        differing = {name for name, value in read.items() if value != made[name]}
        assert differing <= {"id", "slug", "short_url", "created_at", "check"}
        paused = await self.back(client, world, sheet.getvalue().replace(",active,", ",paused,"))
        assert faults(paused) == [("/rows/1/state", "not-a-first-state")]
        assert "Without `state`" in paused.json()["errors"][0]["detail"]

    @pytest.mark.usefixtures("made")
    async def test_an_unknown_id_is_ignored(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        foreign = await foreign_link(world, session, now)
        header = "id,campaign,source,name"
        for link_id in (foreign, str(uuid4()), "7", "x" * 100):
            answer = await send(client, world, f"{link_id},bintara-jabar,ig,Story", header=header)
            assert (answer.status_code, answer.json()["skipped_rows"]) == (201, [])
