"""Random rows to count, as the tests' own arithmetic sees them and as they are stored."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, replace
from dataclasses import field as made
from datetime import UTC, date, datetime, timedelta

from sqlmodel import SQLModel

from campaigns.clicks.models import Agent
from campaigns.clicks.types import BotReason, RequestFlag
from campaigns.links.models import Link
from campaigns.planning.models import Campaign
from campaigns.planning.types import StageKind
from tests.database.statistics.field import Field
from tests.factories.clicks import (
    NO_REASON,
    NOTHING,
    build_click,
    build_conversion,
    build_orphan_click,
)

FIRST, LAST = date(2026, 10, 30), date(2026, 11, 3)
GUESSES = BotReason.PREFETCH | BotReason.IMPLAUSIBLE | BotReason.BURST | BotReason.UNIFORM


@dataclass
class Happened:
    """A stored row for the tests' own arithmetic: a tap with its visitor and flags, or a conversion with `change`."""

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
        """The expected result of `campaigns.clicks.bots.reasons` for the tap."""
        reasons = BotReason(self.agent.reasons) if self.agent else NO_REASON
        expected = RequestFlag(self.agent.expects) if self.agent else NOTHING
        if RequestFlag.SECURE not in self.observed:
            expected &= ~RequestFlag.FETCH_MODE
        if expected & ~self.observed and RequestFlag.STRIPPED not in self.observed:
            reasons |= BotReason.IMPLAUSIBLE
        for name in ("PREFETCH", "HEAD", "BURST", "SUBRESOURCE", "UNIFORM"):
            if RequestFlag[name] in self.observed:
                reasons |= BotReason[name]
        return reasons & ~GUESSES if RequestFlag.PROVEN in self.observed else reasons

    @property
    def restored(self) -> bool:
        """Whether the tap is a click only because somebody registered with it."""
        unproven = replace(self, observed=self.observed & ~RequestFlag.PROVEN)
        return not self.reasons and bool(unproven.reasons)


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
    """Mostly the flags of a browser's request, sometimes random bits."""
    browser = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING
    usual = [
        browser,
        browser | RequestFlag.SECURE | RequestFlag.FETCH_MODE,
        browser | RequestFlag.SECURE,
        browser | RequestFlag.BURST | RequestFlag.PROVEN,
    ]
    return chance.choice([*usual, RequestFlag(chance.randrange(1 << 14))])


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
