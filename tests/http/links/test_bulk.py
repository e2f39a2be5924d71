"""Bulk creation over HTTP: all or none, once for a key, with names corrected or rejected, and dry runs."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.context import current_time
from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.kit.models import IdempotencyRecord
from campaigns.links.models import Link
from campaigns.links.operations.planning_changes import update_unit
from campaigns.planning.models import Unit
from campaigns.planning.operations.channels import close_channel
from campaigns.planning.types import UnitChanges
from tests.factories.keys import headers_of_new_key
from tests.factories.world import LANDING, World
from tests.http.links.placements import foreign_link, make, poster_channel


def body(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "campaign_id": str(world.campaign.id),
        "channel_ids": [str(world.channel.id)],
        "contents": ["story-1", "story-2"],
        **changed,
    }


async def send(
    client: httpx.AsyncClient, world: World, *, key: str | None = None, query: str = "", **changed: Any
) -> httpx.Response:
    """Create placements as a marketer; without `key` under a new idempotency key."""
    headers = {**world.as_role(Role.MARKETER), "Idempotency-Key": key or uuid4().hex}
    return await client.post(f"/v1/links/bulk{query}", json=body(world, **changed), headers=headers)


async def attempt(client: httpx.AsyncClient, world: World, **changed: Any) -> httpx.Response:
    """A dry run, without a key."""
    headers = world.as_role(Role.MARKETER)
    return await client.post("/v1/links/bulk?dry_run=true", json=body(world, **changed), headers=headers)


def faults(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    return [(error["pointer"], error["code"]) for error in answer.json()["errors"]]


async def counts(session: AsyncSession) -> tuple[int, int, int]:
    """The numbers of links, audit entries and stored responses."""
    tables = (Link, AuditEntry, IdempotencyRecord)
    links, entries, answers = [(await session.exec(select(func.count()).select_from(table))).one() for table in tables]
    return links, entries, answers


@pytest.fixture
async def poster(world: World, session: AsyncSession, now: datetime) -> str:
    return await poster_channel(world, session, world.own, now)


class TestMaking:
    async def test_makes_each_content_on_each_channel(
        self, client: httpx.AsyncClient, world: World, poster: str
    ) -> None:
        answer = await send(client, world, channel_ids=[str(world.channel.id), poster], tags=["Week 1"])
        assert answer.status_code == 201, answer.text
        links = answer.json()["links"]
        assert [(link["utm"]["source"], link["utm"]["content"], link["name"]) for link in links] == [
            ("instagram", "story-1", "instagram story-1"),
            ("instagram", "story-2", "instagram story-2"),
            ("poster", "story-1", "poster story-1"),
            ("poster", "story-2", "poster story-2"),
        ]
        assert len({link["slug"] for link in links}) == 4
        for link in links:
            assert link["short_url"] == f"https://jaring.example/{link['slug']}"
            assert link["target_url"].startswith(f"{LANDING}?utm_source={link['utm']['source']}&utm_medium=")
            assert link["tags"] == ["week-1"]
            read = (await client.get(f"/v1/links/{link['id']}", headers=world.as_role(Role.VIEWER))).json()
            assert {name: read[name] for name in link} == link

    async def test_without_contents_each_channel_has_one_link(
        self, client: httpx.AsyncClient, world: World, poster: str
    ) -> None:
        answer = await send(client, world, channel_ids=[poster, str(world.channel.id)], contents=[])
        assert [(link["name"], link["utm"]["content"]) for link in answer.json()["links"]] == [
            ("poster", None),
            ("instagram", None),
        ]

    async def test_names_are_made_of_the_pattern(
        self, client: httpx.AsyncClient, app: FastAPI, world: World, now: datetime
    ) -> None:
        # Half past midnight on the 1st in Jakarta, where days and months are told.
        app.dependency_overrides[current_time] = lambda: now.replace(2026, 11, 30, 17, 30)
        await make(client, world, utm_content="bio")
        pattern = "{unit} {campaign} {medium}/{source}: {content}, {month} {date} #{number}"
        made = (await send(client, world, name=pattern, contents=["Story 1"])).json()
        name = "ID-JB bintara-jabar social/instagram: story-1, 2026-12 2026-12-01 #2"
        assert made["links"][0]["name"] == name

    async def test_writes_down_each_link(self, client: httpx.AsyncClient, world: World, session: AsyncSession) -> None:
        links = (await send(client, world)).json()["links"]
        entries = (await session.exec(select(AuditEntry).where(col(AuditEntry.action) == "link.created"))).all()
        assert {str(entry.object_id) for entry in entries} == {link["id"] for link in links}

    async def test_takes_a_thousand_in_as_many_statements_as_two(
        self, client: httpx.AsyncClient, world: World, settled: tuple[AsyncEngine, World]
    ) -> None:
        statements: list[str] = []

        def note(*arguments: Any) -> None:
            statements.append(arguments[2])

        event.listen(settled[0].sync_engine, "before_cursor_execute", note)
        try:
            assert (await send(client, world, contents=["a-1", "a-2"])).status_code == 201
            of_two = len(statements)
            statements.clear()
            answer = await send(client, world, contents=[f"b-{number}" for number in range(1000)])
        finally:
            event.remove(settled[0].sync_engine, "before_cursor_execute", note)
        assert len(answer.json()["links"]) == 1000
        # SQLAlchemy itself writes a large insert in parts.
        assert len(statements) < of_two + 20

    async def test_refuses_more_than_a_thousand(self, client: httpx.AsyncClient, world: World, poster: str) -> None:
        many = [f"story-{number}" for number in range(501)]
        answer = await send(client, world, channel_ids=[str(world.channel.id), poster], contents=many)
        assert faults(answer) == [("/contents", "too-many")]

    async def test_takes_all_that_its_schema_allows(self, client: httpx.AsyncClient, world: World) -> None:
        names = [f"{number:04}".rjust(50, "x") for number in range(1000)]
        answer = await attempt(client, world, contents=names, keep_names=names)
        assert answer.status_code == 200, answer.text[:300]
        # However long they are spelt: JSON has twelve bytes for some characters, which are refused for what they are.
        odd = ["\U0001f600" * 50] * 1000
        refused = await attempt(client, world, contents=odd, keep_names=odd, destination="https://" + odd[0] * 40)
        assert refused.status_code == 422, refused.text[:300]


class TestAllOrNone:
    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            (
                {"contents": ["fine", "a&b", "x", "c#d"]},
                [("/contents/1", "not-a-utm-name"), ("/contents/3", "not-a-utm-name")],
            ),
            ({"contents": ["a", "A ", "a"]}, [("/contents/1", "repeated"), ("/contents/2", "repeated")]),
            (
                {"contents": ["-", "b"], "utm_term": "a&b"},
                [("/contents/0", "not-a-utm-name"), ("/utm_term", "not-a-utm-name")],
            ),
            ({"destination": "https://elsewhere.example/"}, [("/destination", "host-not-allowed")]),
            ({"name": "{name} {content}"}, [("/name", "unknown-placeholder")]),
            ({"name": "{content"}, [("/name", "stray-brace")]),
            ({"ended_destination": LANDING}, [("/ended_destination", "needs-end")]),
            ({"tags": ["fine", "a&b"]}, [("/tags/1", "not-a-tag")]),
            ({"state": "paused"}, [("/state", "enum")]),
            ({"channel_ids": []}, [("/channel_ids", "too-short")]),
            ({"campaign_id": "x"}, [("/campaign_id", "uuid-parsing")]),
            ({"surprise": 1}, [("/surprise", "extra-forbidden")]),
        ],
    )
    async def test_reports_every_error_and_creates_nothing(
        self,
        client: httpx.AsyncClient,
        world: World,
        session: AsyncSession,
        changed: dict[str, Any],
        expected: list[tuple[str, str]],
    ) -> None:
        before = await counts(session)
        assert sorted(faults(await send(client, world, **changed))) == sorted(expected)
        assert sorted(faults(await attempt(client, world, **changed))) == sorted(expected)
        assert await counts(session) == before

    async def test_a_channel_named_twice(self, client: httpx.AsyncClient, world: World) -> None:
        twice = [str(world.channel.id), str(world.channel.id)]
        assert faults(await send(client, world, channel_ids=twice)) == [("/channel_ids/1", "repeated")]

    async def test_a_closed_channel(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, poster: str, now: datetime
    ) -> None:
        await close_channel(session, world.admin, channel_id=world.channel.id, expected_version=None, now=now)
        await session.commit()
        answer = await send(client, world, channel_ids=[poster, str(world.channel.id)])
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:channel-closed")
        assert {error["pointer"] for error in answer.json()["errors"]} == {"/channel_ids/1"}

    async def test_a_channel_or_campaign_of_another_unit(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        foreign = await poster_channel(world, session, world.foreign, now)
        assert (await send(client, world, channel_ids=[foreign])).status_code == 404
        assert (await send(client, world, campaign_id=str(world.foreign_campaign.id))).status_code == 404


class TestSpelling:
    async def test_normalises_names_and_reports_corrections(self, client: httpx.AsyncClient, world: World) -> None:
        made = (await send(client, world, contents=["Story_1", "bio"], utm_term=" pagi hari")).json()
        assert {(link["utm"]["term"], link["utm"]["content"]) for link in made["links"]} == {
            ("pagi-hari", "story-1"),
            ("pagi-hari", "bio"),
        }
        assert [(fault["pointer"], fault["kind"], fault["suggestion"]) for fault in made["corrections"]] == [
            ("/utm_term", "spaces", "pagi-hari"),
            ("/contents/0", "mixed_case", "story-1"),
            ("/contents/0", "underscore", "story-1"),
        ]

    async def test_refuses_a_near_duplicate_and_names_the_spelling_in_use(
        self, client: httpx.AsyncClient, world: World
    ) -> None:
        await make(client, world, utm_content="reels-1")
        answer = await send(client, world, contents=["reels-2", "Rells 1", "reel-1"])
        assert faults(answer) == [("/contents/1", "near-double"), ("/contents/2", "near-double")]
        assert '"rells-1" looks like a misspelling of "reels-1"' in answer.json()["errors"][0]["detail"]

    async def test_takes_it_if_it_is_confirmed_by_name(self, client: httpx.AsyncClient, world: World) -> None:
        await make(client, world, utm_content="reels-1")
        confirmed = await send(client, world, contents=["rells-1", "reel-1"], keep_names=["rells-1"])
        assert faults(confirmed) == [("/contents/1", "near-double")]
        assert (await send(client, world, contents=["rells-1"], keep_names=["rells-1"])).status_code == 201
        # From then on it is a name in use itself.
        assert (await send(client, world, contents=["rells-1"])).status_code == 201

    async def test_finds_near_duplicates_within_the_request(self, client: httpx.AsyncClient, world: World) -> None:
        assert faults(await send(client, world, contents=["reels-1", "rells-1"])) == [("/contents/1", "near-double")]

    async def test_terms_and_contents_are_two_vocabularies(self, client: httpx.AsyncClient, world: World) -> None:
        await make(client, world, utm_content="reels-1", utm_term=None)
        assert (await send(client, world, contents=["bio"], utm_term="rells-1")).status_code == 201
        assert faults(await send(client, world, contents=["bio"], utm_term="rels-1")) == [("/utm_term", "near-double")]

    async def test_names_of_other_units_are_not_disclosed(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        link_id = await foreign_link(world, session, now)
        link = await session.get_one(Link, link_id)
        link.utm_content = "reels-1"
        await session.commit()
        assert (await send(client, world, contents=["rells-1"])).status_code == 201

    async def test_older_names_can_be_used_again(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        made = await make(client, world, utm_content="bio")
        link = await session.get_one(Link, made["id"])
        link.utm_content = "bio_link"
        await session.commit()
        made = (await send(client, world, contents=["bio_link"])).json()
        assert (made["links"][0]["utm"]["content"], made["corrections"]) == ("bio_link", [])


class TestTemplates:
    async def test_fill_what_is_not_given(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await make(client, world, utm_content="bio")
        given: list[tuple[Unit, UnitChanges]] = [
            (world.national, {"term_template": "{unit} {content}", "content_template": "never"}),
            (world.own, {"content_template": "{source}_{number}"}),
        ]
        for unit, changes in given:
            await update_unit(
                session,
                world.admin,
                unit_id=unit.id,
                changes=changes,
                expected_version=None,
                now=now,
            )
        await session.commit()
        made = (await send(client, world, contents=[])).json()
        (link,) = made["links"]
        assert (link["utm"]["content"], link["utm"]["term"]) == ("instagram-2", "id-jb-instagram-2")
        assert made["corrections"] == []
        typed = (await send(client, world, contents=["story-1"], utm_term="pagi")).json()["links"][0]["utm"]
        assert (typed["content"], typed["term"]) == ("story-1", "pagi")

    async def test_what_they_make_is_linted_too(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await update_unit(
            session,
            world.admin,
            unit_id=world.own.id,
            changes={"content_template": "{name}", "term_template": "{source}-{content}"},
            expected_version=None,
            now=now,
        )
        await session.commit()
        made = [
            await make(client, world, slug=None, name=name, utm_content=None, utm_term=None)
            for name in ("Poster Terminal Utama", "Poster_Terminal  Utama!")
        ]
        assert {link["utm"]["content"] for link in made} == {"poster-terminal-utama"}
        for name in ("Poster Terminall Utama", "Poster Terminal Utamas"):
            sent = {"name": name, "campaign_id": str(world.campaign.id), "channel_id": str(world.channel.id)}
            answer = await client.post("/v1/links", json=sent, headers=world.as_role(Role.MARKETER))
            # Both names are made of what was sent in one field.
            assert faults(answer) == [("/name", "near-double"), ("/name", "near-double")]
            details = [error["detail"] for error in answer.json()["errors"]]
            assert any('template of the unit produces this content. "poster-terminal' in detail for detail in details)
        # In a request by itself, and confirmed.
        near: dict[str, Any] = {"name": "{content} di {source}", "contents": []}
        assert (await send(client, world, **near)).status_code == 201
        assert faults(await send(client, world, **{**near, "name": "{content} di {source}m"}))[0][0] == "/name"
        accepted = ["di-instagramm", "instagram-di-instagramm"]
        confirmed = await send(client, world, name="{content} di {source}m", contents=[], keep_names=accepted)
        assert confirmed.json()["links"][0]["utm"]["content"] == "di-instagramm"

    async def test_a_near_duplicate_points_at_the_input_field(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        for template, in_use, pointer in (
            ("{content}-x", "rells-1-x", "/utm_content"),
            ("{medium}", "socail", "/channel_id"),
            ("tetap", "tetaap", "/name"),
        ):
            unit = {"term_template": template}
            headers = world.as_role(Role.ADMINISTRATOR)
            assert (await client.patch(f"/v1/units/{world.own.id}", json=unit, headers=headers)).status_code == 200
            made = await make(client, world, slug=None, utm_content="reels-1", utm_term=None)
            link = await session.get_one(Link, made["id"])
            link.utm_term = in_use
            await session.commit()
            sent = {"campaign_id": str(world.campaign.id), "channel_id": str(world.channel.id), "name": "Story"}
            answer = await client.post(
                "/v1/links", json={**sent, "utm_content": "reels-1"}, headers=world.as_role(Role.MARKETER)
            )
            assert faults(answer) == [(pointer, "near-double")]


class TestDryRun:
    async def test_shows_the_addresses_and_writes_nothing(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        before = await counts(session)
        answer = await attempt(client, world, contents=["Story 1"], utm_term="Pagi")
        assert answer.status_code == 200
        shown = answer.json()
        assert await counts(session) == before
        (link,) = shown["links"]
        assert (shown["dry_run"], link["id"], link["slug"], link["short_url"]) == (True, None, None, None)
        made = (await send(client, world, contents=["Story 1"], utm_term="Pagi")).json()
        assert shown["corrections"] == made["corrections"]
        drawn = {"id", "slug", "short_url"}
        assert {name: link[name] for name in link.keys() - drawn} == {
            name: made["links"][0][name] for name in link.keys() - drawn
        }
        assert link["target_url"].endswith("&utm_campaign=bintara-jabar&utm_term=pagi&utm_content=story-1")

    async def test_keeps_nothing_for_a_key(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        assert (await send(client, world, key="once", query="?dry_run=true")).status_code == 200
        assert (await counts(session))[2] == 0
        assert (await send(client, world, key="once", contents=["other"])).status_code == 201


class TestOnce:
    async def test_the_same_request_gets_the_identical_answer(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        first = await send(client, world, key="once")
        after = await counts(session)
        # Whatever became of the links since.
        link = first.json()["links"][0]["id"]
        await client.patch(f"/v1/links/{link}", json={"name": "Renamed"}, headers=world.as_role(Role.MARKETER))
        second = await send(client, world, key="once")
        assert (second.status_code, second.content) == (201, first.content)
        assert ((await counts(session))[0], (await counts(session))[2]) == (after[0], 1)

    @pytest.mark.parametrize("changed", [{"contents": ["other"]}, {"state": "draft"}, {"keep_names": ["x"]}])
    async def test_another_request_with_the_key_is_refused(
        self, client: httpx.AsyncClient, world: World, changed: dict[str, Any]
    ) -> None:
        await send(client, world, key="once")
        answer = await send(client, world, key="once", **changed)
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:jaring:problem:idempotency-key-reused")

    async def test_a_refusal_leaves_the_key_free(self, client: httpx.AsyncClient, world: World) -> None:
        assert (await send(client, world, key="once", contents=["a&b"])).status_code == 422
        assert (await send(client, world, key="once")).status_code == 201

    async def test_keys_of_two_callers_never_meet(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        first = await send(client, world, key="once")
        other = await headers_of_new_key(session, unit=world.own, role=Role.MARKETER, now=now)
        answer = await client.post("/v1/links/bulk", json=body(world), headers={**other, "Idempotency-Key": "once"})
        assert answer.status_code == 201
        assert answer.json()["links"][0]["id"] != first.json()["links"][0]["id"]

    @pytest.mark.parametrize("key", [None, "", "x" * 256])
    async def test_needs_a_key(self, client: httpx.AsyncClient, world: World, key: str | None) -> None:
        headers = world.as_role(Role.MARKETER) | ({} if key is None else {"Idempotency-Key": key})
        answer = await client.post("/v1/links/bulk", json=body(world), headers=headers)
        assert [pointer for pointer, _ in faults(answer)] == ["parameter:idempotency-key"]
