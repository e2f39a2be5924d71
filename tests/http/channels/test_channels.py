"""Channels over HTTP: create, read, find, update and close; channels of units above are shared."""

from datetime import datetime
from typing import Any

import httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.planning.models import Channel
from campaigns.planning.operations.channels import create_channel
from campaigns.planning.types import ChannelSpec
from tests.factories.trail import trail_of
from tests.factories.world import World


def body(world: World, **changed: Any) -> dict[str, Any]:
    return {
        "unit_id": str(world.own.id),
        "name": "Radio Bandung",
        "source": "radio",
        "medium": "audio",
        "aliases": ["rb", "radio-bandung"],
        **changed,
    }


@pytest.fixture
def own(world: World) -> dict[str, str]:
    return world.as_role(Role.MARKETER)


@pytest.fixture
async def foreign_channel(session: AsyncSession, world: World, now: datetime) -> Channel:
    written = await create_channel(
        session,
        world.admin,
        spec=ChannelSpec(unit_id=world.foreign.id, name="Bali Post", source="balipost", medium="print", aliases=[]),
        now=now,
    )
    await session.commit()
    return written.row


class TestCreate:
    async def test_makes_a_channel_that_can_be_read_again(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        made = await client.post("/v1/channels", json=body(world), headers=own)
        assert made.status_code == 201, made.text
        read = await client.get(made.headers["location"], headers=own)
        assert {**read.json(), "corrections": []} == made.json()
        assert read.headers["etag"] == made.headers["etag"] == '"1"'

    async def test_normalises_names_and_reports_corrections(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        given = body(world, source=" Kaskus Forum ", medium="Social_Audio", aliases=["kf", "KF ", "a.b_c-1"])
        made = (await client.post("/v1/channels", json=given, headers=own)).json()
        assert (made["source"], made["medium"]) == ("kaskus-forum", "social-audio")
        assert made["aliases"] == ["a.b-c-1", "kf"]
        assert [(one["pointer"], one["kind"], one["suggestion"]) for one in made["corrections"]] == [
            ("/source", "mixed_case", "kaskus-forum"),
            ("/source", "spaces", "kaskus-forum"),
            ("/medium", "mixed_case", "social-audio"),
            ("/medium", "underscore", "social-audio"),
            ("/aliases/1", "mixed_case", "kf"),
            ("/aliases/2", "underscore", "a.b-c-1"),
        ]

    async def test_names_in_use_keep_their_spelling(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], session: AsyncSession, now: datetime
    ) -> None:
        older: dict[str, Any] = {"source": "kaskus_forum", "medium": "social_media", "aliases": ["kaskus_id"]}
        session.add(Channel(unit_id=world.own.id, name="Kaskus", state="active", created_at=now, **older))
        await session.commit()
        made = await client.post("/v1/channels", json=body(world, **{**older, "medium": "chat"}), headers=own)
        assert (made.status_code, made.json()["source"], made.json()["corrections"]) == (201, "kaskus_forum", [])
        assert made.json()["aliases"] == ["kaskus_id"]
        again = await client.post("/v1/channels", json=body(world, medium="social_media"), headers=own)
        assert (again.status_code, again.json()["medium"]) == (201, "social_media")
        near = await client.post("/v1/channels", json=body(world, source="x-y", medium="social-media"), headers=own)
        assert [(one["pointer"], one["code"]) for one in near.json()["errors"]] == [("/medium", "near-double")]

    async def test_writes_down_what_was_made(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        made = (await client.post("/v1/channels", json=body(world), headers=own)).json()
        assert await trail_of(client, world.as_role(Role.ADMINISTRATOR), "channel", made["id"]) == [
            ("channel.created", {"source": "radio", "medium": "audio", "aliases": ["radio-bandung", "rb"]})
        ]

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"unit_id": None}, "/unit_id"),
            ({"name": ""}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"name": "a\u0000"}, "/name"),
            ({"source": ""}, "/source"),
            ({"source": "x" * 51}, "/source"),
            ({"source": "two & words"}, "/source"),
            ({"source": "a\u0000"}, "/source"),
            ({"source": "\u0130" * 50}, "/source"),
            ({"source": "(not set)"}, "/source"),
            ({"medium": "-dash"}, "/medium"),
            ({"medium": 5}, "/medium"),
            ({"aliases": None}, "/aliases"),
            ({"aliases": [f"alias{number}" for number in range(21)]}, "/aliases"),
            ({"aliases": ["fine", "x" * 51]}, "/aliases/1"),
            ({"aliases": ["fine", "not fine!"]}, "/aliases/1"),
            ({"state": "closed"}, "/state"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.post("/v1/channels", json=body(world, **changed), headers=own)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_takes_as_many_aliases_as_it_says(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        aliases = sorted(f"{number:02}".ljust(50, "x") for number in range(20))
        made = await client.post("/v1/channels", json=body(world, aliases=aliases), headers=own)
        assert (made.status_code, made.json()["aliases"]) == (201, aliases)

    async def test_refuses_the_same_source_and_medium_twice(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        await client.post("/v1/channels", json=body(world), headers=own)
        again = await client.post("/v1/channels", json=body(world, source="RADIO"), headers=own)
        assert (again.status_code, again.json()["type"]) == (409, "urn:jaring:problem:channel-exists")

    @pytest.mark.parametrize("changed", [{"source": "IG"}, {"aliases": ["insta"]}, {"aliases": ["instagram"]}])
    async def test_refuses_a_spelling_that_stands_for_another_source(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], changed: dict[str, Any]
    ) -> None:
        answer = await client.post("/v1/channels", json=body(world, **changed), headers=own)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:alias-taken")

    @pytest.mark.parametrize("unit", ["foreign", "national"])
    async def test_does_not_know_units_outside_the_subtree(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], unit: str
    ) -> None:
        given = body(world, unit_id=str(getattr(world, unit).id))
        assert (await client.post("/v1/channels", json=given, headers=own)).status_code == 404

    @pytest.mark.parametrize("role", [Role.RECRUITER, Role.VIEWER])
    async def test_is_for_marketers(self, client: httpx.AsyncClient, world: World, role: Role) -> None:
        answer = await client.post("/v1/channels", json=body(world), headers=world.as_role(role))
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:missing-scope")


class TestList:
    @pytest.mark.usefixtures("foreign_channel")
    async def test_shows_own_and_shared_channels_in_pages(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        for number in range(3):
            await client.post("/v1/channels", json=body(world, medium=f"audio{number}"), headers=own)
        seen: list[str] = []
        address: str | None = "/v1/channels?limit=2&state=active"
        while address:
            answer = await client.get(address, headers=own)
            seen += [one["medium"] for one in answer.json()["items"]]
            address = answer.links["next"]["url"] if "next" in answer.links else None
        assert seen == ["audio2", "audio1", "audio0", world.channel.medium]

    @pytest.mark.parametrize("spelling", ["instagram", "Instagram", "ig", "INSTA", "%20ig%20"])
    async def test_finds_by_source_or_alias(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], spelling: str
    ) -> None:
        await client.post("/v1/channels", json=body(world), headers=own)
        answer = await client.get(f"/v1/channels?source={spelling}", headers=own)
        assert [one["id"] for one in answer.json()["items"]] == [str(world.channel.id)]

    async def test_narrows_to_a_state(self, client: httpx.AsyncClient, world: World, own: dict[str, str]) -> None:
        made = (await client.post("/v1/channels", json=body(world), headers=own)).json()
        await client.post(f"/v1/channels/{made['id']}/close", headers=own)
        for state, expected in (("closed", [made["id"]]), ("active", [str(world.channel.id)])):
            answer = await client.get(f"/v1/channels?state={state}", headers=own)
            assert [one["id"] for one in answer.json()["items"]] == expected

    @pytest.mark.parametrize(
        ("query", "parameter"),
        [
            ("source=unheard", "source"),
            ("source=balipost", "source"),
            ("source=%00", "source"),
            ("source=", "source"),
            (f"source={'x' * 51}", "source"),
            ("source=%ED%A0%80", "source"),
            ("state=draft", "state"),
            ("cursor=!", "cursor"),
        ],
    )
    @pytest.mark.usefixtures("foreign_channel")
    async def test_points_at_a_filter_that_nothing_can_match(
        self, client: httpx.AsyncClient, own: dict[str, str], query: str, parameter: str
    ) -> None:
        answer = await client.get(f"/v1/channels?{query}", headers=own)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [f"parameter:{parameter}"]


class TestGet:
    async def test_reads_a_shared_channel(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await client.get(f"/v1/channels/{world.channel.id}", headers=world.as_role(Role.VIEWER))
        assert (answer.status_code, answer.json()["unit_id"]) == (200, str(world.national.id))

    async def test_does_not_know_a_foreign_channel(
        self, client: httpx.AsyncClient, own: dict[str, str], foreign_channel: Channel
    ) -> None:
        answer = await client.get(f"/v1/channels/{foreign_channel.id}", headers=own)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:jaring:problem:not-found")


class TestChange:
    async def test_changes_only_what_is_named(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address = f"/v1/channels/{world.channel.id}"
        before = (await client.get(address, headers=national)).json()
        after = await client.patch(address, json={"aliases": ["IGstory", "ig"]}, headers=national)
        shown = after.json()
        assert [(one["pointer"], one["kind"]) for one in shown.pop("corrections")] == [("/aliases/0", "mixed_case")]
        assert shown == {**before, "aliases": ["ig", "igstory"], "version": 2}
        assert after.headers["etag"] == '"2"'
        assert (await trail_of(client, national, "channel", world.channel.id))[1:] == [
            ("channel.changed", {"aliases": {"from": ["ig", "insta"], "to": ["ig", "igstory"]}})
        ]

    @pytest.mark.parametrize("same", [{}, {"name": "Instagram"}, {"aliases": ["insta", "IG"]}])
    async def test_an_update_without_changes_is_not_audited(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str], same: dict[str, Any]
    ) -> None:
        answer = await client.patch(f"/v1/channels/{world.channel.id}", json=same, headers=national)
        assert (answer.status_code, answer.json()["version"]) == (200, 1)
        assert len(await trail_of(client, national, "channel", world.channel.id)) == 1

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"name": None}, "/name"),
            ({"aliases": ["ok", "("]}, "/aliases/1"),
            ({"source": "facebook"}, "/source"),
            ({"medium": "cpc"}, "/medium"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str], changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.patch(f"/v1/channels/{world.channel.id}", json=changed, headers=national)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_refuses_an_alias_that_stands_for_another_source(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        made = (await client.post("/v1/channels", json=body(world), headers=own)).json()
        del made["corrections"]
        answer = await client.patch(f"/v1/channels/{made['id']}", json={"aliases": ["ig"]}, headers=own)
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:jaring:problem:alias-taken")
        assert (await client.get(f"/v1/channels/{made['id']}", headers=own)).json() == made

    async def test_refuses_a_version_that_is_old(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address, expecting = f"/v1/channels/{world.channel.id}", {**national, "If-Match": '"1"'}
        first = await client.patch(address, json={"name": "One"}, headers=expecting)
        second = await client.patch(address, json={"name": "Two"}, headers=expecting)
        assert (first.status_code, second.status_code) == (200, 412)

    async def test_a_shared_channel_is_changed_by_its_unit_only(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        answer = await client.patch(f"/v1/channels/{world.channel.id}", json={"name": "Mine"}, headers=own)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:owned-by-higher-unit")

    async def test_does_not_know_a_foreign_channel(
        self, client: httpx.AsyncClient, own: dict[str, str], foreign_channel: Channel
    ) -> None:
        answer = await client.patch(f"/v1/channels/{foreign_channel.id}", json={"name": "Mine"}, headers=own)
        assert answer.status_code == 404


class TestClose:
    async def test_closes_for_good_and_once(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address = f"/v1/channels/{world.channel.id}"
        first = await client.post(f"{address}/close", headers=national)
        assert (first.json()["state"], first.json()["version"]) == ("closed", 2)
        second = await client.post(f"{address}/close", headers=national)
        assert (second.status_code, second.json()) == (200, first.json())
        assert (await trail_of(client, national, "channel", world.channel.id))[1:] == [
            ("channel.closed", {"state": {"from": "active", "to": "closed"}})
        ]

    async def test_refuses_a_version_that_is_old(
        self, client: httpx.AsyncClient, world: World, national: dict[str, str]
    ) -> None:
        address = f"/v1/channels/{world.channel.id}/close"
        assert (await client.post(address, headers={**national, "If-Match": '"2"'})).status_code == 412

    async def test_a_shared_channel_is_closed_by_its_unit_only(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        answer = await client.post(f"/v1/channels/{world.channel.id}/close", headers=own)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:jaring:problem:owned-by-higher-unit")

    async def test_does_not_know_a_foreign_channel(
        self, client: httpx.AsyncClient, own: dict[str, str], foreign_channel: Channel
    ) -> None:
        assert (await client.post(f"/v1/channels/{foreign_channel.id}/close", headers=own)).status_code == 404


class TestSlips:
    @pytest.mark.parametrize("source", ["instagrm", "Instagramm", "insta-gram", "instas"])
    async def test_a_source_that_is_nearly_one_there_is(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], source: str
    ) -> None:
        given = body(world, source=source)
        answer = await client.post("/v1/channels", json=given, headers=own)
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/source", "near-double")
        assert f'"{source.lower()}" looks like a misspelling of "instagram"' in error["detail"]
        confirmed = await client.post("/v1/channels", json={**given, "keep_names": [source]}, headers=own)
        assert (confirmed.status_code, confirmed.json().get("source")) == (201, source.lower())

    @pytest.mark.parametrize("source", ["whats_app", "Whats App", "whatsap"])
    async def test_however_it_is_spelt(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], source: str
    ) -> None:
        await client.post("/v1/channels", json=body(world, source="whatsapp", medium="chat", aliases=[]), headers=own)
        answer = await client.post("/v1/channels", json=body(world, source=source), headers=own)
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [("/source", "near-double")]

    @pytest.mark.parametrize("medium", ["socail", "sociall", "socials"])
    async def test_a_medium_that_is_nearly_one_there_is(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], medium: str
    ) -> None:
        given = body(world, medium=medium)
        answer = await client.post("/v1/channels", json=given, headers=own)
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == ("/medium", "near-double")
        assert f'"{medium}" looks like a misspelling of "social"' in error["detail"]
        confirmed = await client.post("/v1/channels", json={**given, "keep_names": [medium]}, headers=own)
        assert (confirmed.status_code, confirmed.json()["medium"]) == (201, medium)

    async def test_an_alias_that_nearly_stands_for_another_source(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        slips = ["rb", "instagrm", "Insta_Gram", "rbs"]
        answer = await client.post("/v1/channels", json=body(world, aliases=slips), headers=own)
        assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
            ("/aliases/1", "near-double"),
            ("/aliases/2", "near-double"),
        ]
        for error, slip in zip(answer.json()["errors"], ("instagrm", "insta-gram"), strict=True):
            told = f'"{slip}" looks like a misspelling of "instagram", a name of the source "instagram"'
            assert told in error["detail"]
        made = (await client.post("/v1/channels", json=body(world), headers=own)).json()
        address = f"/v1/channels/{made['id']}"
        refused = await client.patch(address, json={"aliases": ["rb", "instagrm"]}, headers=own)
        assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [("/aliases/1", "near-double")]
        confirming = {"aliases": ["rb", "instagrm"], "keep_names": ["instagrm"]}
        confirmed = await client.patch(address, json=confirming, headers=own)
        assert (confirmed.status_code, confirmed.json()["aliases"]) == (200, ["instagrm", "rb"])
        # What a channel has already is not asked about again.
        kept = await client.patch(address, json={"aliases": ["instagrm"]}, headers=own)
        assert (kept.status_code, kept.json()["aliases"]) == (200, ["instagrm"])

    async def test_aliases_of_one_source_may_be_alike(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        given = body(world, source="facebook", aliases=["face-book", "facebok", "faceboook"])
        assert (await client.post("/v1/channels", json=given, headers=own)).status_code == 201

    async def test_reports_every_error(self, client: httpx.AsyncClient, world: World, own: dict[str, str]) -> None:
        given = body(world, source="instagrm", medium="socail", aliases=["inst(a)", "ins-ta"])
        answer = await client.post("/v1/channels", json=given, headers=own)
        assert {(one["pointer"], one["code"]) for one in answer.json()["errors"]} == {
            ("/source", "near-double"),
            ("/medium", "near-double"),
            ("/aliases/0", "not-a-utm-name"),
            ("/aliases/1", "near-double"),
        }

    async def test_another_medium_of_a_source_is_no_slip(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str]
    ) -> None:
        given = body(world, source="instagram", medium="paid-social", aliases=["instagrm"])
        assert (await client.post("/v1/channels", json=given, headers=own)).status_code == 201

    async def test_sources_of_other_units_are_not_disclosed(
        self, client: httpx.AsyncClient, world: World, own: dict[str, str], foreign_channel: Channel
    ) -> None:
        assert foreign_channel.source == "balipost"
        answer = await client.post("/v1/channels", json=body(world, source="baliposts"), headers=own)
        assert answer.status_code == 201
