"""Optional fields of links over HTTP: dates, states, tags, previews, rules and variants."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.models import AuditEntry
from campaigns.access.types import Role
from campaigns.links.models import DestinationCheck
from tests.factories.world import LANDING, World
from tests.http.links.placements import body, make

ABILITIES: dict[str, Any] = {
    "state": "draft",
    "starts_at": "2026-11-01T00:00:00+07:00",
    "ends_at": "2027-02-01T00:00:00+07:00",
    "ended_destination": "https://daftar.example/selesai",
    "tags": ["Week 1", "bio", "week-1"],
    "pass_query": True,
    "preview_title": " Penerimaan Bintara ",
    "preview_description": "Pendaftaran resmi.",
    "preview_image": "https://daftar.example/story.png",
    "rules": [
        {"device": "ios", "language": "IN", "destination": "https://daftar.example/ios-id"},
        {"device": "ios", "destination": "https://daftar.example/ios"},
        {"language": "EN", "destination": "https://daftar.example/en"},
    ],
    "variants": [
        {"key": "Photo", "destination": "https://daftar.example/photo", "weight": 2},
        {"key": "film", "destination": "https://daftar.example/film", "weight": 1},
    ],
}
STORED = {
    **ABILITIES,
    "starts_at": "2026-10-31T17:00:00Z",
    "ends_at": "2027-01-31T17:00:00Z",
    "tags": ["bio", "week-1"],
    "preview_title": "Penerimaan Bintara",
    "rules": [
        {"device": "ios", "language": "id", "destination": "https://daftar.example/ios-id"},
        {"device": "ios", "language": None, "destination": "https://daftar.example/ios"},
        {"device": None, "language": "en", "destination": "https://daftar.example/en"},
    ],
    "variants": [
        {"key": "photo", "destination": "https://daftar.example/photo", "weight": 2},
        {"key": "film", "destination": "https://daftar.example/film", "weight": 1},
    ],
}
PLAIN: dict[str, Any] = {
    "state": "active",
    "starts_at": None,
    "ends_at": None,
    "ended_destination": None,
    "tags": [],
    "pass_query": False,
    "preview_title": None,
    "preview_description": None,
    "preview_image": None,
    "rules": [],
    "variants": [],
}
ELSEWHERE = "https://elsewhere.example/"


def of(link: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    return {name: link[name] for name in names}


class TestMaking:
    async def test_keeps_what_a_link_can_do(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world, **ABILITIES)
        assert of(link, STORED) == STORED
        read = await client.get(f"/v1/links/{link['id']}", headers=world.as_role(Role.VIEWER))
        assert read.json() == link

    async def test_a_link_does_nothing_of_it_unasked(self, client: httpx.AsyncClient, world: World) -> None:
        assert of(await make(client, world), PLAIN) == PLAIN

    @pytest.mark.parametrize(
        ("changed", "pointers"),
        [
            ({"state": "paused"}, ["/state"]),
            ({"state": "retired"}, ["/state"]),
            ({"starts_at": "2027-01-01T00:00:00Z", "ends_at": "2027-01-01T00:00:00Z"}, ["/ends_at"]),
            ({"starts_at": "2027-01-01"}, ["/starts_at"]),
            ({"ended_destination": LANDING}, ["/ended_destination"]),
            ({"ended_destination": ELSEWHERE, "ends_at": "2027-01-01T00:00:00Z"}, ["/ended_destination"]),
            ({"tags": ["fine", "not fine!"]}, ["/tags/1"]),
            ({"tags": ["x" * 41]}, ["/tags/0"]),
            ({"tags": ["x"] * 21}, ["/tags"]),
            ({"tags": None}, ["/tags"]),
            ({"pass_query": None}, ["/pass_query"]),
            ({"preview_title": "x" * 201}, ["/preview_title"]),
            ({"preview_title": ""}, ["/preview_title"]),
            ({"preview_description": "a\u0000b"}, ["/preview_description"]),
            ({"preview_image": "http://daftar.example/a.png"}, ["/preview_image"]),
            ({"preview_image": "https://elsewhere.example/a.png"}, ["/preview_image"]),
            ({"rules": [{"destination": LANDING}]}, ["/rules/0"]),
            ({"rules": [{"device": "other", "destination": LANDING}]}, ["/rules/0/device"]),
            ({"rules": [{"language": "i1", "destination": LANDING}]}, ["/rules/0/language"]),
            ({"rules": [{"device": "ios"}]}, ["/rules/0/destination"]),
            ({"rules": [{"device": "ios", "destination": LANDING}] * 2}, ["/rules/1"]),
            ({"rules": [{"device": "ios", "destination": LANDING}] * 21}, ["/rules"]),
            ({"variants": [{"key": "a", "destination": LANDING, "weight": 1}]}, ["/variants"]),
            ({"variants": [{"key": "a", "destination": LANDING, "weight": 1}] * 2}, ["/variants/1/key"]),
            (
                {"variants": [{"key": "a", "destination": LANDING, "weight": 0}] * 2},
                ["/variants/0/weight", "/variants/1/weight"],
            ),
            (
                {
                    "slug": "not a slug",
                    "destination": ELSEWHERE,
                    "rules": [
                        {"device": "ios", "destination": LANDING},
                        {"device": "android", "destination": ELSEWHERE},
                        {"device": "desktop", "destination": "ftp://daftar.example/"},
                    ],
                    "variants": [
                        {"key": "a", "destination": LANDING, "weight": 1},
                        {"key": "b", "destination": ELSEWHERE, "weight": 1},
                    ],
                },
                ["/slug", "/destination", "/rules/1/destination", "/rules/2/destination", "/variants/1/destination"],
            ),
        ],
    )
    async def test_points_at_every_field_at_fault(
        self, client: httpx.AsyncClient, world: World, changed: dict[str, Any], pointers: list[str]
    ) -> None:
        answer = await client.post("/v1/links", json=body(world, **changed), headers=world.as_role(Role.MARKETER))
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers


async def change(client: httpx.AsyncClient, world: World, link: dict[str, Any], **sent: Any) -> httpx.Response:
    return await client.patch(f"/v1/links/{link['id']}", json=sent, headers=world.as_role(Role.MARKETER))


class TestChanging:
    async def test_gives_a_link_what_it_can_do_and_takes_it_away(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world)
        given = {**ABILITIES, "state": "paused"}
        after = (await change(client, world, link, **given)).json()
        assert of(after, STORED) == {**STORED, "state": "paused"}
        again = (await change(client, world, link, **given)).json()
        assert again["version"] == after["version"] == 2
        bare = (await change(client, world, link, **PLAIN)).json()
        assert of(bare, PLAIN) == PLAIN

    async def test_follows_the_ways_between_states(self, client: httpx.AsyncClient, world: World) -> None:
        link = await make(client, world, state="draft")
        answers = []
        for state in ("paused", "draft", "active", "draft", "paused", "draft", "active"):
            answer = await change(client, world, link, state=state)
            answers.append((state, answer.status_code))
            if answer.status_code == 409:
                assert answer.json()["type"] == "urn:jaring:problem:state-not-reachable"
        assert answers == [
            ("paused", 409),
            ("draft", 200),
            ("active", 200),
            ("draft", 409),
            ("paused", 200),
            ("draft", 409),
            ("active", 200),
        ]

    @pytest.mark.parametrize("state", ["draft", "active", "paused"])
    async def test_every_state_can_be_retired(self, client: httpx.AsyncClient, world: World, state: str) -> None:
        link = await make(client, world, state="draft" if state == "draft" else "active")
        if state == "paused":
            await change(client, world, link, state="paused")
        retired = await client.post(f"/v1/links/{link['id']}/retire", headers=world.as_role(Role.MARKETER))
        assert (retired.status_code, retired.json()["state"]) == (200, "retired")

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"ends_at": "2026-10-01T00:00:00Z"}, "/ends_at"),
            ({"starts_at": "2027-03-01T00:00:00Z"}, "/ends_at"),
            ({"ends_at": None}, "/ended_destination"),
            ({"rules": [{"device": "ios", "destination": ELSEWHERE}]}, "/rules/0/destination"),
            ({"variants": [{"key": "a", "destination": LANDING, "weight": 1}]}, "/variants"),
            ({"tags": ["!"]}, "/tags/0"),
            ({"preview_image": "http://daftar.example/a.png"}, "/preview_image"),
            ({"tags": None}, "/tags"),
            ({"state": None}, "/state"),
        ],
    )
    async def test_has_the_same_rules(
        self, client: httpx.AsyncClient, world: World, changed: dict[str, Any], pointer: str
    ) -> None:
        link = await make(client, world, **ABILITIES)
        answer = await change(client, world, link, **changed)
        assert answer.status_code == 422
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    async def test_does_not_check_again_what_stays(self, client: httpx.AsyncClient, world: World) -> None:
        link, admin = await make(client, world, **ABILITIES), world.as_role(Role.ADMINISTRATOR)
        unit = await client.patch(f"/v1/units/{world.own.id}", json={"allowed_hosts": ["baru.example"]}, headers=admin)
        assert unit.status_code == 200, unit.text
        assert (await change(client, world, link, name="Renamed")).status_code == 200
        assert (await change(client, world, link, rules=ABILITIES["rules"])).status_code == 422

    async def test_is_written_down_with_its_lists(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        link = await make(client, world)
        await change(client, world, link, tags=["bio"], ends_at="2027-02-01T00:00:00Z")
        entry = (await session.exec(select(AuditEntry).where(col(AuditEntry.action) == "link.changed"))).one()
        assert entry.changes == {
            "tags": {"from": [], "to": ["bio"]},
            "ends_at": {"from": None, "to": "2027-02-01T00:00:00+00:00"},
        }


class TestChecks:
    async def test_show_what_was_found_and_the_gravest_first(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        link, headers = await make(client, world, **ABILITIES), world.as_role(Role.MARKETER)
        assert link["check"] is None
        made = await session.exec(select(DestinationCheck).order_by(col(DestinationCheck.place)))
        rows = {check.place: check for check in made.all()}
        assert set(rows) == {"default", "ended", "rule:0", "rule:1", "rule:2", "variant:film", "variant:photo"}
        for place, verdict in (("default", "ok"), ("rule:1", "broken"), ("variant:photo", "parameters_lost")):
            rows[place].verdict, rows[place].status = verdict, 404 if verdict == "broken" else 200
            rows[place].checked_at = datetime(2026, 10, 20, tzinfo=UTC)
        await session.commit()
        check = (await client.get(f"/v1/links/{link['id']}", headers=headers)).json()["check"]
        assert (check["place"], check["verdict"], check["status"]) == ("rule:1", "broken", 404)
        places = [(one["place"], one["verdict"]) for one in check["places"]]
        assert places == [("default", "ok"), ("rule:1", "broken"), ("variant:photo", "parameters_lost")]
        listed = (await client.get("/v1/links", headers=headers)).json()["items"]
        assert [one["check"] for one in listed] == [check]

        renamed = await client.patch(f"/v1/links/{link['id']}", json={"name": "New"}, headers=headers)
        assert renamed.json()["check"] == check
        moved = await client.patch(f"/v1/links/{link['id']}", json={"destination": LANDING}, headers=headers)
        assert moved.json()["check"] is None
        retired = await client.post(f"/v1/links/{link['id']}/retire", headers=headers)
        assert retired.json()["check"] is None
        assert (await session.exec(select(DestinationCheck.place))).all() == []
