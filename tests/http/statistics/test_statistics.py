"""Statistics over HTTP: the complete answer, errors with pointers, and access."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Role
from campaigns.clicks.bots.classifier import RULES_VERSION
from campaigns.clicks.types import BotReason
from campaigns.planning.types import StageKind
from tests.factories.clicks import build_agent, build_click, build_conversion, build_link, build_orphan_click
from tests.factories.world import World

NOON = datetime(2026, 11, 1, 5, tzinfo=UTC)
ADDRESS = "/v1/statistics/query"


def body(**changed: Any) -> dict[str, Any]:
    asked = {"metrics": ["clicks"], "date_range": {"from": "2026-11-01", "to": "2026-11-02"}, **changed}
    return {name: value for name, value in asked.items() if value is not ...}


@pytest.fixture
async def links(session: AsyncSession, world: World, now: datetime) -> None:
    """Three links, tapped 3, 2 and 1 times by people; four registrations, one of them without a touch, one acceptance.

    The first was fetched for a preview and by a script too.
    """
    links = [
        build_link(campaign=world.campaign, channel_id=world.channel.id, slug=slug, created_at=now)
        for slug in ("story", "reel", "poster")
    ]
    session.add_all(links)
    await session.flush()
    story, reel, _ = links
    for count, link in zip((3, 2, 1), links, strict=True):
        session.add_all(build_click(link=link, at=NOON, person=f"person {number // 2}") for number in range(count))
    session.add_all(
        build_conversion(campaign=world.campaign, link=link, at=NOON) for link in (story, story, reel, None)
    )
    session.add(build_conversion(campaign=world.campaign, link=story, at=NOON, kind=StageKind.ACCEPTED))
    robots = [build_agent(one.name or "", at=NOON, reasons=one) for one in (BotReason.PREVIEW, BotReason.AUTOMATED)]
    session.add_all(robots)
    session.add_all(build_click(link=story, at=NOON, agent=robot) for robot in robots)
    session.add(build_orphan_click(at=NOON))
    await session.commit()


async def ask(client: httpx.AsyncClient, world: World, **changed: Any) -> dict[str, Any]:
    answer = await client.post(ADDRESS, json=body(**changed), headers=world.as_role(Role.VIEWER))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestQuery:
    @pytest.mark.usefixtures("links")
    async def test_answers_with_figures_query_and_quality(self, client: httpx.AsyncClient, world: World) -> None:
        before = datetime.now(UTC)
        answer = await ask(
            client,
            world,
            metrics=["clicks", "visitors", "registrations", "accepted", "conversion_rate"],
            dimensions=["time:day", "link", "source"],
            filters=[{"dimension": "source", "operator": "is", "values": [" IG", "insta", "(not set)"]}],
        )
        watermark = answer["meta"]["quality"].pop("watermark")
        assert before <= datetime.fromisoformat(watermark) <= datetime.now(UTC)
        assert answer == {
            "results": [
                {"dimensions": ["2026-11-01", "(not set)", "(not set)"], "metrics": [0, 0, 1, 0, None]},
                {"dimensions": ["2026-11-01", "poster", "instagram"], "metrics": [1, 1, 0, 0, 0.0]},
                {"dimensions": ["2026-11-01", "reel", "instagram"], "metrics": [2, 1, 1, 0, 0.5]},
                {"dimensions": ["2026-11-01", "story", "instagram"], "metrics": [3, 2, 2, 1, 0.666667]},
            ],
            "query": {
                "metrics": ["clicks", "visitors", "registrations", "accepted", "conversion_rate"],
                "dimensions": ["time:day", "link", "source"],
                "date_range": {"from": "2026-11-01", "to": "2026-11-02"},
                "timezone": "Asia/Jakarta",
                "utc_range": {"from": "2026-10-31T17:00:00Z", "to": "2026-11-02T17:00:00Z"},
                "filters": [{"dimension": "source", "operator": "is", "values": ["instagram", "(not set)"]}],
                "order_by": [
                    {"field": "time:day", "direction": "asc"},
                    {"field": "link", "direction": "asc"},
                    {"field": "source", "direction": "asc"},
                ],
                "limit": 1000,
            },
            "meta": {
                "quality": {
                    "unattributed_registrations": 1,
                    "unattributed_share": 0.25,
                    "shared_touches": 0,
                    "expired_touches": 0,
                    "robot_touches": 0,
                    "orphan_taps": 1,
                    "filtered_taps": 1,
                    "filtered_share": 0.142857,
                    "previews": 1,
                    "restored_taps": 0,
                    "lost_taps": 0,
                    "bot_rules": RULES_VERSION,
                    "complete": True,
                },
                "time_labels": ["2026-11-01", "2026-11-02"],
                "total_rows": 4,
                "definitions": "3",
            },
        }

    @pytest.mark.usefixtures("links")
    async def test_the_echoed_query_asks_the_same_again(self, client: httpx.AsyncClient, world: World) -> None:
        first = await ask(
            client,
            world,
            dimensions=["link"],
            timezone="Asia/Jayapura",
            filters=[{"dimension": "source", "operator": "is", "values": ["ig"]}],
        )
        again = await ask(client, world, **{k: v for k, v in first["query"].items() if k != "utc_range"})
        assert (again["query"], again["results"]) == (first["query"], first["results"])

    @pytest.mark.usefixtures("links")
    async def test_sorts_cuts_and_counts_all_rows(self, client: httpx.AsyncClient, world: World) -> None:
        answer = await ask(
            client, world, dimensions=["link"], order_by=[{"field": "clicks", "direction": "asc"}], limit=2
        )
        assert [row["dimensions"] + row["metrics"] for row in answer["results"]] == [["poster", 1], ["reel", 2]]
        assert (answer["meta"]["total_rows"], answer["meta"]["time_labels"]) == (3, None)

    async def test_uses_the_deployments_time_zone_by_default(self, client: httpx.AsyncClient, world: World) -> None:
        assert (await ask(client, world, timezone=None))["query"]["timezone"] == "Asia/Jakarta"

    async def test_shows_nothing_of_another_unit(
        self, client: httpx.AsyncClient, session: AsyncSession, world: World, now: datetime
    ) -> None:
        theirs = build_link(
            campaign=world.foreign_campaign, channel_id=world.channel.id, slug="bali-story", created_at=now
        )
        session.add(theirs)
        await session.flush()
        session.add_all([build_click(link=theirs, at=NOON), build_conversion(campaign=world.foreign_campaign, at=NOON)])
        await session.commit()
        answer = await ask(client, world, metrics=["clicks", "registrations"], dimensions=["campaign"])
        assert (answer["results"], answer["meta"]["quality"]["unattributed_registrations"]) == ([], 0)
        for dimension, value in (("link", "bali-story"), ("campaign", "bintara-bali")):
            refused = await client.post(
                ADDRESS,
                json=body(filters=[{"dimension": dimension, "operator": "is", "values": [value]}]),
                headers=world.as_role(Role.ADMINISTRATOR),
            )
            assert refused.status_code == 422


def filtered(*values: Any, dimension: Any = "source", operator: Any = "is") -> list[dict[str, Any]]:
    return [{"dimension": dimension, "operator": operator, "values": list(values)}]


class TestRefusals:
    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"metrics": []}, "/metrics"),
            ({"metrics": ...}, "/metrics"),
            ({"metrics": "clicks"}, "/metrics"),
            ({"metrics": ["bounces"]}, "/metrics/0"),
            ({"metrics": ["clicks", "clicks"]}, "/metrics/1"),
            ({"metrics": ["clicks"] * 8}, "/metrics"),
            ({"metrics": ["clicks\u0000"]}, "/metrics/0"),
            ({"dimensions": ["browser"]}, "/dimensions/0"),
            ({"dimensions": ["link", "link"]}, "/dimensions/1"),
            ({"dimensions": ["campaign", "link", "source", "medium"]}, "/dimensions"),
            ({"date_range": ...}, "/date_range"),
            ({"date_range": {"from": "2026-11-01"}}, "/date_range/to"),
            ({"date_range": {"from": "2026-11-02", "to": "2026-11-01"}}, "/date_range/to"),
            ({"date_range": {"from": "2026-01-01", "to": "2027-02-05"}}, "/date_range/to"),
            ({"date_range": {"from": "0001-01-01", "to": "2026-11-01"}}, "/date_range/from"),
            ({"date_range": {"from": "2026-11-01", "to": "9999-12-31"}}, "/date_range/to"),
            ({"date_range": {"from": "2026-11-01", "to": "2101-01-01"}}, "/date_range/to"),
            ({"date_range": {"from": "2026-02-30", "to": "2026-11-01"}}, "/date_range/from"),
            ({"date_range": {"from": "2026-11-01T00:00:00Z", "to": "2026-11-01"}}, "/date_range/from"),
            ({"date_range": {"from": 1793500000, "to": "2026-11-01"}}, "/date_range/from"),
            ({"date_range": {"from": "2026-11-01", "to": None}}, "/date_range/to"),
            ({"date_range": {"from": "٢٠٢٦-11-01", "to": "2026-11-01"}}, "/date_range/from"),
            ({"timezone": "Mars/Olympus"}, "/timezone"),
            ({"timezone": ""}, "/timezone"),
            ({"timezone": "localtime"}, "/timezone"),
            ({"timezone": "UTC\u0000"}, "/timezone"),
            ({"timezone": 7}, "/timezone"),
            ({"timezone": "Asia/" + "x" * 100}, "/timezone"),
            ({"filters": filtered("myspace")}, "/filters/0/values/0"),
            ({"filters": filtered("ig", "a\u0000b")}, "/filters/0/values/1"),
            ({"filters": filtered("")}, "/filters/0/values/0"),
            ({"filters": filtered()}, "/filters/0/values"),
            ({"filters": filtered(*["ig"] * 101)}, "/filters/0/values"),
            ({"filters": filtered("x" * 101)}, "/filters/0/values/0"),
            ({"filters": filtered(7)}, "/filters/0/values/0"),
            ({"filters": filtered("ig") + filtered("no", dimension="medium")}, "/filters/1/values/0"),
            ({"filters": filtered("nowhere", dimension="campaign")}, "/filters/0/values/0"),
            ({"filters": filtered("(not set)", dimension="campaign")}, "/filters/0/values/0"),
            ({"filters": filtered("nowhere", dimension="link")}, "/filters/0/values/0"),
            ({"filters": filtered("2026-11-01", dimension="time:day")}, "/filters/0/dimension"),
            ({"filters": filtered("ig", operator="is_not")}, "/filters/0/operator"),
            ({"filters": filtered("ig") * 11}, "/filters"),
            ({"filters": filtered("sideways", dimension="via")}, "/filters/0/values/0"),
            ({"filters": filtered("ID", dimension="country")}, "/filters/0/values/0"),
            ({"metrics": ["clicks", "accepted"], "dimensions": ["link", "device"]}, "/dimensions/1"),
            ({"metrics": ["accepted"], "filters": filtered("qr", dimension="via")}, "/filters/0/dimension"),
            ({"order_by": [{"field": "visitors", "direction": "asc"}]}, "/order_by/0/field"),
            ({"order_by": [{"field": "clicks", "direction": "up"}]}, "/order_by/0/direction"),
            ({"order_by": [{"field": "clicks", "direction": "asc"}] * 2}, "/order_by/1/field"),
            ({"order_by": [{"field": "clicks\u0000", "direction": "asc"}]}, "/order_by/0/field"),
            ({"limit": 0}, "/limit"),
            ({"limit": 10_001}, "/limit"),
            ({"limit": 10**40}, "/limit"),
            ({"limit": "5"}, "/limit"),
            ({"limit": True}, "/limit"),
            ({"surprise": 1}, "/surprise"),
        ],
    )
    async def test_points_at_the_field_at_fault(
        self, client: httpx.AsyncClient, world: World, changed: dict[str, Any], pointer: str
    ) -> None:
        answer = await client.post(ADDRESS, json=body(**changed), headers=world.as_role(Role.VIEWER))
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]

    @pytest.mark.parametrize(
        ("changed", "pointer"),
        [
            ({"metrics": ["\ud800"]}, "/metrics/0"),
            ({"timezone": "\ud800"}, "/timezone"),
            ({"filters": filtered("\ud800")}, "/filters/0/values/0"),
            ({"order_by": [{"field": "\ud800", "direction": "asc"}]}, "/order_by/0/field"),
            ({"date_range": {"from": "\ud800", "to": "2026-11-01"}}, "/date_range/from"),
        ],
    )
    async def test_refuses_lone_surrogates(
        self, client: httpx.AsyncClient, world: World, changed: dict[str, Any], pointer: str
    ) -> None:
        sent = json.dumps(body(**changed)).encode()
        headers = {**world.as_role(Role.VIEWER), "Content-Type": "application/json"}
        answer = await client.post(ADDRESS, content=sent, headers=headers)
        assert answer.status_code == 422, answer.text
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


class TestAccess:
    @pytest.mark.parametrize("role", list(Role))
    async def test_every_role_may_ask(self, client: httpx.AsyncClient, world: World, role: Role) -> None:
        assert (await client.post(ADDRESS, json=body(), headers=world.as_role(role))).status_code == 200

    async def test_requires_a_key(self, client: httpx.AsyncClient) -> None:
        assert (await client.post(ADDRESS, json=body())).status_code == 401
