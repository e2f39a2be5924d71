"""Sheets of links over HTTP: imports of all rows or none, and errors by cell."""

from collections.abc import AsyncIterator
from datetime import datetime

import httpx
from sqlmodel.ext.asyncio.session import AsyncSession

from api.links.bulk_routes import SHEET_BYTES
from campaigns.access.types import Role
from campaigns.links.operations.planning_changes import close_campaign
from campaigns.planning.models import Channel
from campaigns.planning.operations.channels import close_channel, create_channel
from campaigns.planning.types import ChannelSpec
from tests.factories.keys import headers_of_new_key
from tests.factories.world import LANDING, World
from tests.http.links.csv_sheets.sheets import HEADER, faults, links, send
from tests.http.links.placements import foreign_link, make


class TestImport:
    async def test_makes_a_link_of_each_row(self, client: httpx.AsyncClient, world: World) -> None:
        header = (
            "campaign;source;medium;name;slug;destination;term;content;tags;state;starts_at;ends_at;ended_destination;"
            "pass_query;preview_title"
        )
        whole = (
            f"bintara-jabar;Instagram;social;First story;First-Story;{LANDING}?a=1;pagi;story-1;Week 1|bandung;draft;"
            f"2026-12-01 08:00;2027-01-01;{LANDING}/late;ya;Daftar sekarang"
        )
        answer = await send(client, world, whole, "bintara-jabar;ig;;Second", header=header)
        assert answer.status_code == 201, answer.text
        first, second = answer.json()["links"]
        read = (await client.get(f"/v1/links/{first['id']}", headers=world.as_role(Role.VIEWER))).json()
        expected = {
            "name": "First story",
            "slug": "first-story",
            "destination": f"{LANDING}?a=1",
            "tags": ["bandung", "week-1"],
            "state": "draft",
            "starts_at": "2026-12-01T01:00:00Z",
            "ends_at": "2026-12-31T17:00:00Z",
            "ended_destination": f"{LANDING}/late",
            "pass_query": True,
            "preview_title": "Daftar sekarang",
        }
        assert {name: read[name] for name in expected} == expected
        assert (read["utm"]["term"], read["utm"]["content"]) == ("pagi", "story-1")
        assert (second["name"], second["utm"]["source"], second["destination"]) == ("Second", "instagram", LANDING)

    async def test_mends_names_and_says_where(self, client: httpx.AsyncClient, world: World) -> None:
        made = (await send(client, world, "bintara-jabar,ig,One,bio", "", "bintara-jabar,ig,Two,Story 1")).json()
        assert [link["utm"]["content"] for link in made["links"]] == ["bio", "story-1"]
        assert [(fault["pointer"], fault["kind"]) for fault in made["corrections"]] == [
            ("/rows/3/content", "mixed_case"),
            ("/rows/3/content", "spaces"),
        ]

    async def test_takes_the_nearest_units_channel(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        written = await create_channel(
            session,
            world.admin,
            spec=ChannelSpec(unit_id=world.own.id, name="Own", source="instagram", medium="social", aliases=["ig"]),
            now=now,
        )
        own = written.row
        await session.commit()
        row = "bintara-jabar,ig,One,bio"
        assert (await send(client, world, row)).json()["links"][0]["channel_id"] == str(own.id)
        await close_channel(session, world.admin, channel_id=own.id, expected_version=None, now=now)
        await session.commit()
        assert (await send(client, world, row)).json()["links"][0]["channel_id"] == str(world.channel.id)

    async def test_reports_every_error_by_cell_and_creates_nothing(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        await make(client, world, utm_content="reels-1")
        header = f"{HEADER},state,starts_at,destination,tags"
        rows = [
            "bintara-jabar,ig,Fine,bio",
            "bintara-bali,ig,Foreign,bio",
            "nowhere,instagrm,Unknown,bio",
            "bintara-jabar,ig,Near,rells-1",
            "bintara-jabar,ig,Bad,a&b,on,soon",
            "bintara-jabar,ig,Bad,bio,active,,https://elsewhere.example/,fine|a&b",
        ]
        answer = await send(client, world, *rows, header=header)
        assert sorted(faults(answer)) == [
            ("/rows/2/campaign", "unknown-campaign"),
            ("/rows/3/campaign", "unknown-campaign"),
            ("/rows/3/source", "unknown-source"),
            ("/rows/4/content", "near-double"),
            ("/rows/5/content", "not-a-utm-name"),
            ("/rows/5/starts_at", "not-a-time"),
            ("/rows/5/state", "unknown-state"),
            ("/rows/6/destination", "host-not-allowed"),
            ("/rows/6/tags", "not-a-tag"),
        ]
        details = {error["pointer"]: error["detail"] for error in answer.json()["errors"]}
        assert '"instagrm". Did you mean "instagram"?' in details["/rows/3/source"]
        assert '"rells-1" looks like a misspelling of "reels-1"' in details["/rows/4/content"]
        assert await links(session) == 1

    async def test_a_near_duplicate_can_be_confirmed(self, client: httpx.AsyncClient, world: World) -> None:
        await make(client, world, utm_content="reels-1")
        answer = await send(client, world, "bintara-jabar,ig,Near,rells-1", query="?keep_names=rells-1")
        assert answer.status_code == 201

    async def test_words_that_mean_several_channels(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await create_channel(
            session,
            world.admin,
            spec=ChannelSpec(
                unit_id=world.national.id, name="Ads", source="instagram", medium="paid-social", aliases=[]
            ),
            now=now,
        )
        for unit, source in ((world.own, "radio-satu"), (world.district, "radio-dua")):
            # Two units that do not see each other took the same alias; the province sees both.
            channel = Channel(
                unit_id=unit.id,
                name=source,
                source=source,
                medium="audio",
                aliases=["radio"],
                state="active",
                created_at=now,
            )
            session.add(channel)
        await session.commit()
        header = "campaign,source,medium,name"
        rows = ["bintara-jabar,instagram,,A", "bintara-jabar,instagram,radio,B", "bintara-jabar,radio,,C"]
        answer = await send(client, world, *rows, header=header)
        assert faults(answer) == [
            ("/rows/1/medium", "missing"),
            ("/rows/2/medium", "unknown-medium"),
            ("/rows/3/source", "ambiguous-source"),
        ]
        chosen = await send(client, world, "bintara-jabar,instagram,Paid-Social,A", header=header)
        assert chosen.json()["links"][0]["utm"]["medium"] == "paid-social"

    async def test_a_slug_that_is_taken(self, client: httpx.AsyncClient, world: World, session: AsyncSession) -> None:
        await make(client, world, slug="taken")
        header = "campaign,source,name,slug"
        answer = await send(client, world, "bintara-jabar,ig,A,free", "bintara-jabar,ig,B,Taken", header=header)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:slug-taken")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/rows/2/slug"]
        assert "leave `slug` out" in answer.json()["errors"][0]["detail"]
        # With whatever else is wrong with the sheet, it is one of several faults.
        rows = [
            "bintara-jabar,ig,A,taken",
            "bintara-jabar,instagrm,B,",
            "bintara-jabar,ig,C,no slug",
        ]
        assert sorted(faults(await send(client, world, *rows[:2], header=header))) == [
            ("/rows/1/slug", "slug-taken"),
            ("/rows/2/source", "unknown-source"),
        ]
        assert sorted(faults(await send(client, world, rows[0], rows[2], header=header))) == [
            ("/rows/1/slug", "slug-taken"),
            ("/rows/2/slug", "not-a-slug"),
        ]
        near = ["bintara-jabar,ig,A,taken,", "bintara-jabar,ig,B,,reels-1", "bintara-jabar,ig,C,,rells-1"]
        assert sorted(faults(await send(client, world, *near, header=f"{header},content"))) == [
            ("/rows/1/slug", "slug-taken"),
            ("/rows/3/content", "near-double"),
        ]
        twice = await send(client, world, "bintara-jabar,ig,A,same", "bintara-jabar,ig,B,Same", header=header)
        assert faults(twice) == [("/rows/2/slug", "repeated")]
        assert await links(session) == 1

    async def test_slugs_that_are_taken_in_several_campaigns(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await make(client, world, slug="taken")
        await foreign_link(world, session, now)
        headers = {
            **await headers_of_new_key(session, unit=world.national, role=Role.MARKETER, now=now),
            "Content-Type": "text/csv",
            "Idempotency-Key": "x",
        }
        sheet = "campaign,source,name,slug\nbintara-jabar,ig,A,taken\nbintara-bali,ig,B,bali-story\n"
        answer = await client.post("/v1/links/import", content=sheet.encode(), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:slug-taken")
        assert [error["pointer"] for error in answer.json()["errors"]] == ["/rows/1/slug", "/rows/2/slug"]

    async def test_knows_sources_and_mediums_in_any_spelling(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await create_channel(
            session,
            world.admin,
            spec=ChannelSpec(
                unit_id=world.national.id,
                name="Kaskus",
                source="kaskus-forum",
                medium="social-media",
                aliases=["kaskus-id"],
            ),
            now=now,
        )
        await session.commit()
        rows = ["bintara-jabar,Kaskus Forum,Social_Media,A", "bintara-jabar,kaskus_id,,B"]
        answer = await send(client, world, *rows, header="campaign,source,medium,name")
        assert answer.status_code == 201, answer.text
        assert {link["utm"]["source"] for link in answer.json()["links"]} == {"kaskus-forum"}

    async def test_a_closed_campaign(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await close_campaign(session, world.admin, campaign_id=world.campaign.id, expected_version=None, now=now)
        await session.commit()
        answer = await send(client, world, "bintara-jabar,ig,One,bio")
        assert faults(answer) == [("/rows/1/campaign", "campaign-closed")]

    async def test_sheets_that_cannot_be_read(self, client: httpx.AsyncClient, world: World) -> None:
        assert faults(await send(client, world, "bintara-jabar,ig,One,bio", header="campaign,source,name,sauce")) == [
            ("/header/3", "unknown-column")
        ]
        assert faults(await send(client, world)) == [("/rows", "empty")]
        headers = {**world.as_role(Role.MARKETER), "Content-Type": "text/csv", "Idempotency-Key": "x"}
        answer = await client.post("/v1/links/import", content=b"campaign\x81", headers=headers)
        assert faults(answer) == [("", "not-utf8")]
        empty = await client.post("/v1/links/import", content=b"", headers=headers)
        assert empty.status_code == 422

    async def test_takes_more_than_other_bodies_and_not_without_end(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        rows = [f"bintara-jabar,ig,{'x' * 180},content-{number}" for number in range(1000)]
        assert sum(map(len, rows)) > 65_536
        answer = await send(client, world, *rows)
        assert (answer.status_code, len(answer.json()["links"])) == (201, 1000)
        assert faults(await send(client, world, *rows, "bintara-jabar,ig,One,more")) == [("/rows", "too-many")]

        async def endless() -> AsyncIterator[bytes]:
            for _ in range(SHEET_BYTES // 1000 + 1):
                yield b"x" * 1000

        headers = {**world.as_role(Role.MARKETER), "Content-Type": "text/csv", "Idempotency-Key": "x"}
        too_large = await client.post("/v1/links/import", content=endless(), headers=headers)
        assert (too_large.status_code, too_large.json()["type"]) == (413, "urn:jaring:problem:body-too-large")

    async def test_is_made_once_for_a_key(self, client: httpx.AsyncClient, world: World, session: AsyncSession) -> None:
        row = "bintara-jabar,ig,One,bio"
        first, second = [await send(client, world, row, key="once") for _ in range(2)]
        assert (first.status_code, second.content) == (201, first.content)
        assert await links(session) == 1
        other = await send(client, world, "bintara-jabar,ig,Two,bio", key="once")
        assert other.json()["type"] == "urn:jaring:problem:idempotency-key-reused"

    async def test_a_dry_run_shows_the_slugs_that_were_chosen(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        rows = ("bintara-jabar,ig,A,Chosen-One", "bintara-jabar,ig,B,")
        answer = await send(client, world, *rows, header="campaign,source,name,slug", query="?dry_run=true")
        assert (answer.status_code, answer.json()["dry_run"]) == (200, True)
        assert [(link["id"], link["slug"], link["short_url"]) for link in answer.json()["links"]] == [
            (None, "chosen-one", "https://jaring.example/chosen-one"),
            (None, None, None),
        ]
        assert await links(session) == 0
