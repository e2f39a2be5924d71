"""A force with campaigns and links on three levels, and counted rows to ask about."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal, Role
from campaigns.links.models import Link
from campaigns.planning.models import Campaign, Unit
from campaigns.planning.types import StageKind
from campaigns.statistics.queries import answer_query
from campaigns.statistics.rules import parse_query
from campaigns.statistics.types import Answer, DateRange, DimensionName, Filter, MetricName
from tests.factories.clicks import build_click, build_conversion, build_link, build_orphan_click
from tests.factories.world import World, build_campaign, principal_of

FIRST, LAST = date(2026, 10, 30), date(2026, 11, 3)


@dataclass
class Field:
    """The world with two more campaigns and a few links; `links` by slug, each with its campaign."""

    world: World
    campaigns: dict[str, Campaign]
    links: dict[str, Link]
    now: datetime

    def units(self) -> dict[str, Unit]:
        return {
            unit.code: unit for unit in (self.world.national, self.world.own, self.world.foreign, self.world.district)
        }

    def viewer(self, unit: Unit) -> Principal:
        return principal_of(unit, Role.VIEWER, uuid4())


@pytest.fixture
async def field(session: AsyncSession, world: World, now: datetime) -> Field:
    campaigns = {one.slug: one for one in (world.campaign, world.foreign_campaign)}
    for unit, slug in ((world.national, "all-indonesia"), (world.district, "bandung")):
        campaigns[slug] = await build_campaign(session, world.admin, unit=unit, intake=world.intake, slug=slug, now=now)
    await session.flush()
    placements = [
        ("story", "bintara-jabar", "instagram", "social"),
        ("reel", "bintara-jabar", "instagram", "paid"),
        ("poster", "bintara-jabar", "poster", "qr"),
        ("bandung-video", "bandung", "tiktok", "social"),
        ("bali-story", "bintara-bali", "instagram", "social"),
        ("bali-radio", "bintara-bali", "radio", "audio"),
        ("nation-tube", "all-indonesia", "youtube", "video"),
    ]
    links = {
        slug: build_link(
            campaign=campaigns[campaign],
            channel_id=world.channel.id,
            slug=slug,
            source=source,
            medium=medium,
            created_at=now,
        )
        for slug, campaign, source, medium in placements
    }
    await store(session, links.values())
    return Field(world, campaigns, links, now)


async def store(session: AsyncSession, rows: Iterable[SQLModel]) -> None:
    session.add_all(rows)
    await session.flush()


@dataclass
class Happened:
    """A stored row as the tests' own arithmetic sees it; `person` only of clicks, `change` only of conversions."""

    kind: str
    at: datetime
    campaign: Campaign
    link: Link | None
    person: str = ""
    change: int = 0


def random_history(field: Field, *, seed: int, rows: int = 700) -> list[Happened]:
    """Rows from a day before the range to a day after it, many of them close to a midnight of some zone."""
    chance = random.Random(seed)
    begin = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) - timedelta(days=1)
    campaigns, links = list(field.campaigns.values()), list(field.links.values())
    by_id = {campaign.id: campaign for campaign in campaigns}
    history = []
    for _ in range(rows):
        at = begin + timedelta(minutes=30 * chance.randrange(2 * 24 * 7), milliseconds=chance.choice([-1, 0, 1, 77]))
        if chance.random() < 0.6:
            link = chance.choice(links)
            history.append(Happened("click", at, by_id[link.campaign_id], link, person=f"p{chance.randrange(12)}"))
        elif chance.random() < 0.1:
            history.append(Happened("orphan", at, campaigns[0], None))
        else:
            history.append(
                Happened(
                    chance.choice(["registered", "registered", "accepted", "verified"]),
                    at,
                    chance.choice(campaigns),
                    chance.choice([*links, None, None]),
                    change=chance.choice([1, 1, 1, -1]),
                )
            )
    return history


def as_rows(history: Iterable[Happened]) -> list[SQLModel]:
    rows: list[SQLModel] = []
    for one in history:
        if one.kind == "orphan":
            rows.append(build_orphan_click(at=one.at))
        elif one.kind == "click":
            assert one.link is not None
            rows.append(build_click(link=one.link, at=one.at, person=one.person))
        else:
            kind = StageKind(one.kind)
            rows.append(build_conversion(campaign=one.campaign, at=one.at, link=one.link, kind=kind, change=one.change))
    return rows


async def ask(session: AsyncSession, principal: Principal, **asked: Any) -> Answer:
    """The answer to a query that is all defaults but for what is given."""
    given: dict[str, Any] = {
        "metrics": list(MetricName),
        "dimensions": [],
        "date_range": DateRange(FIRST, LAST),
        "timezone": "Asia/Jakarta",
        "filters": [],
        "order_by": [],
        "limit": 10_000,
    }
    return await answer_query(session, principal, query=parse_query(**{**given, **asked}))


def only(dimension: DimensionName, *values: str) -> Filter:
    return Filter(dimension, "is", values)
