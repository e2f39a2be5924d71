"""Creating links over HTTP."""

import json
import re
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.planning.operations.channels import close_channel
from tests.factories.world import LANDING, World
from tests.http.links.placements import body, make, poster_channel


class TestCreate:
    async def test_makes_a_link_that_can_be_read_again(self, client: httpx.AsyncClient, world: World) -> None:
        headers = world.as_role(Role.MARKETER)
        made = await client.post("/v1/links", json=body(world), headers=headers)
        assert made.status_code == 201, made.text
        read = await client.get(made.headers["location"], headers=headers)
        assert {**read.json(), "corrections": made.json()["corrections"]} == made.json()
        assert read.headers["etag"].startswith('"1-')
        assert made.headers["etag"].startswith('"1-')

    async def test_shows_where_it_leads(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world)
        assert link["short_url"] == "https://jaring.example/bintara-story-1"
        assert link["destination"] == "https://daftar.example/bintara?lang=id&utm_source=typed#form"
        assert link["target_url"] == (
            "https://daftar.example/bintara?lang=id&utm_source=instagram&utm_medium=social"
            "&utm_campaign=bintara-jabar&utm_term=pagi&utm_content=story-1#form"
        )
        assert link["utm"] == {
            "source": "instagram",
            "medium": "social",
            "campaign": "bintara-jabar",
            "term": "pagi",
            "content": "story-1",
        }
        assert (link["state"], link["retired_at"]) == ("active", None)

    async def test_needs_no_more_than_campaign_channel_and_name(self, client: httpx.AsyncClient, world: World) -> None:
        least = {key: body(world)[key] for key in ("campaign_id", "channel_id", "name")}
        made = await client.post("/v1/links", json=least, headers=world.as_role(Role.MARKETER))
        link = made.json()
        assert re.fullmatch("[2-9b-z]{7}", link["slug"])
        assert link["destination"] == LANDING
        assert (link["utm"]["term"], link["utm"]["content"]) == (None, None)

    async def test_reports_corrections_of_names(self, client: httpx.AsyncClient, world: World) -> None:
        sent = body(world, utm_term="pagi", utm_content="Reels_1")
        made = (await client.post("/v1/links", json=sent, headers=world.as_role(Role.MARKETER))).json()
        assert (made["utm"]["term"], made["utm"]["content"]) == ("pagi", "reels-1")
        assert {(one["pointer"], one["kind"]) for one in made["corrections"]} == {
            ("/utm_content", "mixed_case"),
            ("/utm_content", "underscore"),
        }

    async def test_refuses_a_near_duplicate_unless_confirmed(self, client: httpx.AsyncClient, world: World) -> None:
        await make(client, world, slug=None, utm_content="reels-1")
        sent, headers = body(world, utm_content="rells-1"), world.as_role(Role.MARKETER)
        answer = await client.post("/v1/links", json=sent, headers=headers)
        assert answer.status_code == 422
        found = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
        assert found == [("/utm_content", "near-double")]
        assert "reels-1" in answer.json()["errors"][0]["detail"]
        confirmed = await client.post("/v1/links", json={**sent, "keep_names": ["rells-1"]}, headers=headers)
        assert confirmed.status_code == 201, confirmed.text

    async def test_fills_in_what_the_unit_has_templates_for(self, client: httpx.AsyncClient, world: World) -> None:
        templates = {"content_template": "{source}-{name}"}
        headers = world.as_role(Role.ADMINISTRATOR)
        unit = await client.patch(f"/v1/units/{world.own.id}", json=templates, headers=headers)
        assert unit.status_code == 200, unit.text
        link = await make(client, world, name="Story Pagi", utm_content=None)
        assert link["utm"]["content"] == "instagram-story-pagi"

    async def test_folds_a_chosen_slug(self, client: httpx.AsyncClient, world: World) -> None:
        assert (await make(client, world, slug=" Bintara-Bandung "))["slug"] == "bintara-bandung"

    async def test_stores_the_destination_as_parsed(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world, destination="HTTPS://Daftar.Example:443/a/../caf\u00e9?q=\u00e9")
        assert link["destination"] == "https://daftar.example/caf%C3%A9?q=%C3%A9"

    async def test_is_written_down(self, client: httpx.AsyncClient, world: World, session: AsyncSession) -> None:
        link = await make(client, world)
        entry = (await session.exec(select(AuditEntry).where(col(AuditEntry.action) == "link.created"))).one()
        assert (str(entry.object_id), entry.unit_id) == (link["id"], world.own.id)
        assert entry.changes["slug"] == "bintara-story-1"

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"campaign_id": "nonsense"}, "/campaign_id"),
            ({"channel_id": 7}, "/channel_id"),
            ({"name": ""}, "/name"),
            ({"name": "a\u0000b"}, "/name"),
            ({"name": "x" * 201}, "/name"),
            ({"slug": ""}, "/slug"),
            ({"slug": "ab"}, "/slug"),
            ({"slug": "x" * 61}, "/slug"),
            ({"slug": "not a slug"}, "/slug"),
            ({"slug": "a\u0000b"}, "/slug"),
            ({"slug": "caf\u00e9"}, "/slug"),
            ({"slug": "-abc"}, "/slug"),
            ({"slug": "Docs"}, "/slug"),
            ({"slug": 10**400}, "/slug"),
            ({"destination": ""}, "/destination"),
            ({"destination": "https://elsewhere.example/"}, "/destination"),
            ({"destination": "https://daftar.example\\@evil.example/"}, "/destination"),
            ({"destination": "https://user:secret@daftar.example/"}, "/destination"),
            ({"destination": "javascript:alert(1)"}, "/destination"),
            ({"destination": "https://daftar.example:0/"}, "/destination"),
            ({"destination": "https://daftar.example/\r\nSet-Cookie: a=b"}, "/destination"),
            ({"destination": "https://daftar.example/a\u0000b"}, "/destination"),
            ({"destination": "https://daftar.example/" + "x" * 2048}, "/destination"),
            ({"utm_term": "a&b"}, "/utm_term"),
            ({"utm_term": ""}, "/utm_term"),
            ({"utm_term": "x" * 51}, "/utm_term"),
            ({"utm_content": "a\u0000b"}, "/utm_content"),
            ({"utm_content": "caf\u00e9"}, "/utm_content"),
            ({"utm_content": ["story"]}, "/utm_content"),
            ({"utm_source": "typed"}, "/utm_source"),
            ({"surprise": 1}, "/surprise"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.post("/v1/links", json=body(world, **changed), headers=world.as_role(Role.MARKETER))
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    @pytest.mark.parametrize("name", ["name", "slug", "destination", "utm_term", "utm_content"])
    async def test_refuses_a_lone_surrogate(self, client: httpx.AsyncClient, world: World, name: str) -> None:
        text = json.dumps(body(world, **{name: "SURROGATE"})).replace("SURROGATE", "abc\\ud800")
        headers = {**world.as_role(Role.MARKETER), "Content-Type": "application/json"}
        answer = await client.post("/v1/links", content=text, headers=headers)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{name}"]

    async def test_refuses_a_slug_that_is_taken(self, client: httpx.AsyncClient, world: World) -> None:
        await make(client, world)
        taken = body(world, slug="BINTARA-STORY-1")
        answer = await client.post("/v1/links", json=taken, headers=world.as_role(Role.MARKETER))
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:slug-taken")

    async def test_does_not_know_a_foreign_campaign(self, client: httpx.AsyncClient, world: World) -> None:
        for campaign_id in (world.foreign_campaign.id, uuid4()):
            wanted = body(world, campaign_id=str(campaign_id))
            answer = await client.post("/v1/links", json=wanted, headers=world.as_role(Role.MARKETER))
            assert answer.status_code == 404

    async def test_uses_the_channels_of_its_own_unit_and_those_above_only(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        assert world.channel.unit_id == world.national.id
        await make(client, world)
        foreign = await poster_channel(world, session, world.foreign, now)
        wanted = body(world, slug="poster", channel_id=foreign)
        answer = await client.post("/v1/links", json=wanted, headers=world.as_role(Role.MARKETER))
        assert answer.status_code == 404
        own = await poster_channel(world, session, world.own, now)
        link = await make(client, world, slug="poster", channel_id=own)
        assert (link["utm"]["source"], link["utm"]["medium"]) == ("poster", "print")

    async def test_refuses_a_closed_campaign(self, client: httpx.AsyncClient, world: World) -> None:
        headers = world.as_role(Role.MARKETER)
        await client.post(f"/v1/campaigns/{world.campaign.id}/close", headers=headers)
        answer = await client.post("/v1/links", json=body(world), headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:campaign-closed")

    async def test_refuses_a_closed_channel(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await close_channel(session, world.admin, channel_id=world.channel.id, expected_version=None, now=now)
        await session.commit()
        answer = await client.post("/v1/links", json=body(world), headers=world.as_role(Role.MARKETER))
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:channel-closed")

    @pytest.mark.parametrize("role", [Role.VIEWER, Role.RECRUITER])
    async def test_is_not_for_those_who_only_read(self, client: httpx.AsyncClient, world: World, role: Role) -> None:
        link = await make(client, world)
        headers = world.as_role(role)
        assert (await client.get(f"/v1/links/{link['id']}", headers=headers)).json() == link
        assert (await client.get("/v1/links", headers=headers)).json()["items"] == [link]
        assert (await client.post("/v1/links", json=body(world), headers=headers)).status_code == 403
        assert (await client.patch(f"/v1/links/{link['id']}", json={}, headers=headers)).status_code == 403
        assert (await client.post(f"/v1/links/{link['id']}/retire", headers=headers)).status_code == 403
