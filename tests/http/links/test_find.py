"""Finding links over HTTP: by tag, text and check, and by the clicks of people."""

import csv
import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from api.http.cursors import encode_cursor
from campaigns.access.types import Role
from campaigns.clicks.types import BotReason, RequestFlag
from campaigns.links.models import DestinationCheck, Link
from tests.factories.clicks import build_agent, build_click
from tests.factories.world import LANDING, World
from tests.http.links.placements import foreign_link, make


async def slugs(client: httpx.AsyncClient, world: World, **query: Any) -> list[str]:
    answer = await client.get("/v1/links", params=query, headers=world.as_role(Role.VIEWER))
    assert answer.status_code == 200, answer.text
    return [one["slug"] for one in answer.json()["items"]]


class TestTags:
    async def test_find_the_links_that_have_all_of_them(self, client: httpx.AsyncClient, world: World) -> None:
        await make(client, world, slug="one", tags=["bio", "week-1"])
        await make(client, world, slug="two", tags=["bio"])
        await make(client, world, slug="untagged")
        assert await slugs(client, world, tag="bio") == ["two", "one"]
        assert await slugs(client, world, tag=["Bio", "Week 1"]) == ["one"]

    async def test_unknown_tags_are_rejected(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        foreign = await session.get_one(Link, UUID(await foreign_link(world, session, now)))
        foreign.tags = ["bali"]
        await session.commit()
        await make(client, world, tags=["bio"])
        for unknown in ("bali", "story"):
            answer = await client.get("/v1/links", params={"tag": ["bio", unknown]}, headers=world.as_role(Role.VIEWER))
            assert answer.status_code == 422
            assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
                ("parameter:tag", "unknown-tag")
            ]


class TestSearch:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("STORY", ["by-content", "story-slug", "by-name"]),
            ("  story  ", ["by-content", "story-slug", "by-name"]),
            ("100%", ["percent"]),
            ("0%", ["percent"]),
            ("%", None),
            ("a_b", ["underscore"]),
            ("ab", []),
            ("\\", None),
            ("//daftar.example/q", ["by-destination"]),
            ("no such text", []),
        ],
    )
    async def test_looks_into_name_slug_content_and_destination(
        self, client: httpx.AsyncClient, world: World, text: str, found: list[str] | None
    ) -> None:
        plain: dict[str, Any] = {"name": "-", "utm_content": None, "destination": LANDING}
        for slug, changed in (
            ("by-name", {"name": "A Story"}),
            ("story-slug", {}),
            ("by-content", {"utm_content": "Story"}),
            ("by-destination", {"destination": "https://daftar.example/q"}),
            ("percent", {"name": "100% off"}),
            ("underscore", {"name": "a_b"}),
            ("no-wildcard", {"name": "100 a-b"}),
        ):
            await make(client, world, **{**plain, **changed, "slug": slug})
        if found is None:  # too short
            answer = await client.get("/v1/links", params={"search": text}, headers=world.as_role(Role.VIEWER))
            assert answer.status_code == 422
        else:
            assert await slugs(client, world, search=text) == found


class TestChecks:
    async def test_find_links_by_what_was_found(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        ended = {"ends_at": "2027-01-01T00:00:00Z", "ended_destination": LANDING}
        for slug in ("fine", "broken", "half-broken", "half-known", "unknown"):
            await make(client, world, slug=slug, **ended)
        found = {
            "fine": ("ok", "ok"),
            "broken": ("broken", "broken"),
            "half-broken": ("ok", "broken"),
            "half-known": ("ok", None),
            "unknown": (None, None),
        }
        rows = await session.exec(
            select(Link.slug, DestinationCheck).join(DestinationCheck, col(DestinationCheck.link_id) == Link.id)
        )
        for slug, check in rows.all():
            check.verdict = found[slug][0 if check.place == "default" else 1]
            check.checked_at = None if check.verdict is None else datetime(2026, 10, 20, tzinfo=UTC)
        await session.commit()
        assert await slugs(client, world, check="ok") == ["half-known", "fine"]
        assert await slugs(client, world, check="broken") == ["half-broken", "broken"]
        assert await slugs(client, world, check="refused") == []
        for verdict in ("ok", "broken", "refused"):
            answer = await client.get(f"/v1/links/export?check={verdict}", headers=world.as_role(Role.VIEWER))
            sheet = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"), newline=""))
            assert [row["slug"] for row in sheet] == await slugs(client, world, check=verdict)


async def tapped(client: httpx.AsyncClient, world: World, session: AsyncSession, taps: dict[str, int]) -> None:
    """Links with these numbers of clicks, and some taps of robots that must not count."""
    at = datetime(2026, 10, 20, 3, tzinfo=UTC)
    robot = build_agent("Robot/1", at=at, reasons=BotReason.CRAWLER)
    session.add(robot)
    for slug, number in taps.items():
        made = await make(client, world, slug=slug)
        link = await session.get_one(Link, UUID(made["id"]))
        session.add_all(build_click(link=link, at=at) for _ in range(number))
        session.add_all(build_click(link=link, at=at, agent=robot) for _ in range(7))
        session.add(build_click(link=link, at=at, observed=RequestFlag.HEAD))
    await session.commit()


class TestByClicks:
    async def test_lists_the_most_clicked_first(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession, now: datetime
    ) -> None:
        await tapped(client, world, session, {"few": 1, "silent": 0, "many": 3, "also-few": 1, "last": 0})
        foreign = await session.get_one(Link, UUID(await foreign_link(world, session, now)))
        session.add_all(build_click(link=foreign, at=now) for _ in range(9))
        await session.commit()
        ranked = ["many", "also-few", "few", "last", "silent"]
        answer = await client.get("/v1/links?sort=clicks", headers=world.as_role(Role.VIEWER))
        shown = [(one["slug"], one["clicks"]) for one in answer.json()["items"]]
        assert shown == list(zip(ranked, (3, 1, 1, 0, 0), strict=True))
        for limit in (1, 2, 3):
            seen: list[str] = []
            address: str | None = f"/v1/links?sort=clicks&limit={limit}"
            while address:
                page = await client.get(address, headers=world.as_role(Role.VIEWER))
                seen += [one["slug"] for one in page.json()["items"]]
                address = page.links["next"]["url"] if "next" in page.links else None
            assert seen == ranked
        newest = await client.get("/v1/links", headers=world.as_role(Role.VIEWER))
        assert {one["clicks"] for one in newest.json()["items"]} == {None}

    async def test_takes_the_filters_of_the_list(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        await tapped(client, world, session, {"story-1": 1, "story-2": 2, "reel": 3})
        own: dict[str, Any] = {"sort": "clicks", "campaign_id": str(world.campaign.id)}
        assert await slugs(client, world, **own, search="reel") == ["reel"]
        assert await slugs(client, world, **own) == ["reel", "story-2", "story-1"]
        answer = await client.get(
            f"/v1/links?sort=clicks&campaign_id={world.foreign_campaign.id}", headers=world.as_role(Role.VIEWER)
        )
        assert answer.status_code == 404

    async def test_shows_no_link_twice_when_the_last_one_shown_is_tapped(
        self, client: httpx.AsyncClient, world: World, session: AsyncSession
    ) -> None:
        await tapped(client, world, session, {"first": 3, "second": 2, "third": 1})
        first = await client.get("/v1/links?sort=clicks&limit=2", headers=world.as_role(Role.VIEWER))
        assert [one["slug"] for one in first.json()["items"]] == ["first", "second"]
        shown = await session.get_one(Link, UUID(first.json()["items"][1]["id"]))
        session.add_all(build_click(link=shown, at=datetime(2026, 10, 20, 4, tzinfo=UTC)) for _ in range(5))
        await session.commit()
        rest = await client.get(first.links["next"]["url"], headers=world.as_role(Role.VIEWER))
        assert [one["slug"] for one in rest.json()["items"]] == ["third"]

    async def test_has_cursors_of_its_own(self, client: httpx.AsyncClient, world: World, session: AsyncSession) -> None:
        await tapped(client, world, session, {"tapped": 1, "silent": 0})
        headers = world.as_role(Role.VIEWER)
        for sort, other in (("clicks", "newest"), ("newest", "clicks")):
            page = await client.get(f"/v1/links?sort={sort}&limit=1", headers=headers)
            cursor = page.json()["next_cursor"]
            answer = await client.get(f"/v1/links?sort={other}&cursor={cursor}", headers=headers)
            assert answer.status_code == 422
            assert [error["pointer"] for error in answer.json()["errors"]] == ["parameter:cursor"]

    @pytest.mark.parametrize("clicks", [0, 1, 2**63 - 1])
    async def test_takes_any_place_in_the_ranking(self, client: httpx.AsyncClient, world: World, clicks: int) -> None:
        cursor = encode_cursor(clicks, world.campaign.id)
        assert await slugs(client, world, sort="clicks", cursor=cursor) == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("sort=oldest", "parameter:sort"),
        ("state=closed", "parameter:state"),
        ("check=fine", "parameter:check"),
        ("search=a", "parameter:search"),
        ("search=" + "x" * 101, "parameter:search"),
        ("search=a%00b", "parameter:search"),
        ("tag=a!", "parameter:tag"),
        ("tag=a%00b", "parameter:tag"),
        ("tag=", "parameter:tag"),
        ("&".join(["tag=a"] * 21), "parameter:tag"),
        ("sort=clicks&cursor=nonsense", "parameter:cursor"),
        ("sort=clicks&cursor=" + "A" * 31 + "!", "parameter:cursor"),
    ],
)
async def test_points_at_the_parameter_at_fault(
    client: httpx.AsyncClient, world: World, query: str, pointer: str
) -> None:
    answer = await client.get(f"/v1/links?{query}", headers=world.as_role(Role.VIEWER))
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
