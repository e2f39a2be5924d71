"""A force with campaigns and links on three levels, and counted rows to ask about."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as made
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from campaigns.access.types import Principal, Role
from campaigns.clicks.models import Agent
from campaigns.clicks.types import BotReason, Device, RequestFlag
from campaigns.links.models import Link
from campaigns.planning.models import Campaign, Unit
from campaigns.planning.types import StageKind
from campaigns.statistics.definitions.dimensions import DimensionName
from campaigns.statistics.definitions.metrics import MetricName
from campaigns.statistics.query.parse import parse_query
from campaigns.statistics.query.run import answer_query
from campaigns.statistics.types import Answer, DateRange, Filter
from tests.factories.clicks import (
    NO_REASON,
    NOTHING,
    build_agent,
    build_click,
    build_conversion,
    build_link,
    build_orphan_click,
)
from tests.factories.world import World, build_campaign, principal_of

FIRST, LAST = date(2026, 10, 30), date(2026, 11, 3)


@dataclass
class Field:
    """The world with two more campaigns, a few links and agents; `links` by slug, each with its campaign."""

    world: World
    campaigns: dict[str, Campaign]
    links: dict[str, Link]
    agents: list[Agent]
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
        ("story", "bintara-jabar", "instagram", "social", "organic_social"),
        ("reel", "bintara-jabar", "instagram", "paid", "paid_social"),
        ("poster", "bintara-jabar", "poster", "qr", "offline"),
        ("bandung-video", "bandung", "tiktok", "social", "organic_social"),
        ("bali-story", "bintara-bali", "instagram", "social", "organic_social"),
        ("bali-radio", "bintara-bali", "radio", "audio", "audio"),
        ("nation-tube", "all-indonesia", "youtube", "video", "organic_video"),
    ]
    links = {
        slug: build_link(
            campaign=campaigns[campaign],
            channel_id=world.channel.id,
            slug=slug,
            source=source,
            medium=medium,
            channel_group=group,
            created_at=now,
        )
        for slug, campaign, source, medium, group in placements
    }
    browser = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.FETCH_MODE
    agents = [
        build_agent("a phone", at=now, expects=browser, device=Device.ANDROID, app="instagram"),
        build_agent("a laptop", at=now, expects=RequestFlag.ACCEPT, device=Device.DESKTOP),
        build_agent("a preview", at=now, reasons=BotReason.PREVIEW),
        build_agent("a preview that says it crawls", at=now, reasons=BotReason.PREVIEW | BotReason.CRAWLER),
        build_agent("a script", at=now, reasons=BotReason.AUTOMATED, device=Device.OTHER),
    ]
    await store(session, [*links.values(), *agents])
    return Field(world, campaigns, links, agents, now)


async def store(session: AsyncSession, rows: Iterable[SQLModel]) -> None:
    session.add_all(rows)
    await session.flush()


@dataclass
class Happened:
    """A stored row as the tests' own arithmetic sees it: of taps with who tapped how, of conversions with `change`."""

    kind: str
    at: datetime
    campaign: Campaign
    link: Link | None
    person: str = ""
    agent: Agent | None = None
    observed: RequestFlag = NOTHING
    noted: dict[str, str | None] = made(default_factory=dict)
    change: int = 0

    @property
    def reasons(self) -> BotReason:
        """What `campaigns.clicks.bots.reasons` is to find for the tap."""
        reasons = BotReason(self.agent.reasons) if self.agent else NO_REASON
        expected = RequestFlag(self.agent.expects) if self.agent else NOTHING
        if RequestFlag.SECURE not in self.observed:
            expected &= ~RequestFlag.FETCH_MODE
        if expected & ~self.observed:
            reasons |= BotReason.IMPLAUSIBLE
        for seen in (RequestFlag.PREFETCH, RequestFlag.HEAD, RequestFlag.BURST):
            if seen in self.observed:
                reasons |= BotReason[str(seen.name)]
        return reasons


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
            history.append(
                Happened(
                    "tap",
                    at,
                    by_id[link.campaign_id],
                    link,
                    person=f"p{chance.randrange(12)}",
                    agent=chance.choice([*field.agents, None]),
                    observed=_observed(chance),
                    noted=_noted(chance),
                )
            )
        elif chance.random() < 0.1:
            agent = chance.choice([*field.agents, None])
            history.append(Happened("orphan", at, campaigns[0], None, agent=agent, observed=_observed(chance)))
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


def _observed(chance: random.Random) -> RequestFlag:
    """Mostly what a browser sends, sometimes any bits at all."""
    browser = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING
    usual = [browser, browser | RequestFlag.SECURE | RequestFlag.FETCH_MODE, browser | RequestFlag.SECURE]
    return chance.choice([*usual, RequestFlag(chance.randrange(256))])


def _noted(chance: random.Random) -> dict[str, str | None]:
    return {
        "via": chance.choice(["qr", None]),
        "variant": chance.choice(["a", "b", None]),
        "country": chance.choice(["ID", "MY", None]),
        "language": chance.choice(["id", "en", None]),
        "referrer_host": chance.choice(["l.instagram.com", "com.instagram.android", None]),
        "network": chance.choice(["instagram", "tiktok", None]),
    }


def as_rows(history: Iterable[Happened]) -> list[SQLModel]:
    rows: list[SQLModel] = []
    for one in history:
        if one.kind == "orphan":
            rows.append(build_orphan_click(at=one.at, agent=one.agent, observed=one.observed))
        elif one.kind == "tap":
            assert one.link is not None
            rows.append(
                build_click(
                    link=one.link, at=one.at, person=one.person, agent=one.agent, observed=one.observed, **one.noted
                )
            )
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
