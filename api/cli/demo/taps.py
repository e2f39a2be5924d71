"""Invents the demo's taps: each is read from headers by the functions that the redirect reads a request with."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.cli.demo.phones import COUNTRIES, HOURS, LANGUAGES, Phone
from campaigns.clicks.capture.agent_cache import CachedAgent
from campaigns.clicks.capture.query_string import read_query
from campaigns.clicks.capture.request_headers import HeaderParser
from campaigns.clicks.models import Agent, Click, OrphanTap
from campaigns.clicks.visitors import local_day, visitor_of
from campaigns.kit.ids import uuid7_at
from campaigns.links.models import Link

DAYS = 14
# Some people tap a link again.
TAPS_PER_PERSON = 1.1


@dataclass(frozen=True, slots=True)
class _Person:
    phone: Phone
    language: str
    country: str
    address: str


class TapInventor:
    """Invents taps of the days before `now`; the same `chance` gives the same figures at any time of day."""

    def __init__(self, chance: random.Random, zone: ZoneInfo, now: datetime) -> None:
        self._chance = chance
        self._zone = zone
        self._now = now
        self._headers = HeaderParser()
        self._agents: dict[int, tuple[CachedAgent, datetime]] = {}
        self._people = 0

    def taps(self, link: Link, phones: Sequence[Phone], number: int) -> list[Click]:
        """So many taps on the link, by people or robots with these phones."""
        return [
            Click(
                campaign_id=link.campaign_id,
                link_id=link.id,
                via=read_query(person.phone.query).via,
                **self._columns(person, moment),
            )
            for person, moment in self._visits(phones, number)
        ]

    def orphan_taps(self, slug: str, phones: Sequence[Phone], number: int) -> list[OrphanTap]:
        """So many taps on a link that does not exist."""
        return [
            OrphanTap(slug=slug, **self._columns(person, moment)) for person, moment in self._visits(phones, number)
        ]

    def moments(self, number: int) -> list[datetime]:
        """So many times in whole milliseconds, as a tap has, more of them when people have time."""
        hours = [self._now - timedelta(hours=back) for back in range(1, 24 * DAYS + 1)]
        weights = [HOURS[hour.astimezone(self._zone).hour] for hour in hours]
        chosen = self._chance.choices(hours, weights, k=number)
        times = [hour + timedelta(seconds=self._chance.uniform(0, 3600)) for hour in chosen]
        return [datetime.fromtimestamp(int(one.timestamp() * 1000) / 1000, UTC) for one in times]

    def agents(self) -> list[Agent]:
        """The user agents of all taps that were invented."""
        return [_agent_row(agent, first_seen_at) for agent, first_seen_at in self._agents.values()]

    def _visits(self, phones: Sequence[Phone], number: int) -> list[tuple[_Person, datetime]]:
        shares = [phone.share for phone in phones]
        people = [
            self._person(phone) for phone in self._chance.choices(phones, shares, k=round(number / TAPS_PER_PERSON))
        ]
        return [(self._chance.choice(people), moment) for moment in self.moments(number)]

    def _person(self, phone: Phone) -> _Person:
        self._people += 1
        # A private address, so that nobody's is in the demo; the country is invented apart from it.
        high, low = divmod(self._people, 256)
        return _Person(phone, self._one_of(LANGUAGES), self._one_of(COUNTRIES), f"10.0.{high}.{low}")

    def _one_of(self, shares: Mapping[str, int]) -> str:
        (chosen,) = self._chance.choices(list(shares), list(shares.values()))
        return chosen

    def _columns(self, person: _Person, moment: datetime) -> dict[str, Any]:
        """What a tap on a link and one on an unknown slug have in common."""
        facts = self._headers.parse(person.phone.headers(person.language), head=False, secure=True)
        _, first_seen_at = self._agents.get(facts.agent.id, (None, moment))
        self._agents[facts.agent.id] = facts.agent, min(first_seen_at, moment)
        # Not the secret salt of a real day: these people are invented.
        salt = local_day(moment, self._zone).isoformat().encode()
        return {
            "id": uuid7_at(round(moment.timestamp() * 1000)),
            "clicked_at": moment,
            "visitor": visitor_of(salt, person.address, facts.visitor_facts),
            "agent_id": facts.agent.id,
            "observed": facts.observed,
            "country": person.country,
            "language": facts.language,
            "referrer_host": facts.referrer_host,
            "network": facts.network,
        }


def _agent_row(agent: CachedAgent, first_seen_at: datetime) -> Agent:
    key, text, reasons, expects, device, app, version = agent.row()
    return Agent(
        id=key,
        text=text,
        reasons=reasons,
        expects=expects,
        device=device,
        app=app,
        rules_version=version,
        first_seen_at=first_seen_at,
    )
