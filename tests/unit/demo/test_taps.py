"""The demo's taps: the same figures whenever it is filled, at times that people have, and nobody's address."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from api.cli.demo.phones import PHONES, ROBOTS
from api.cli.demo.taps import DAYS, TapInventor
from campaigns.clicks.bots.classifier import classify_user_agent
from campaigns.clicks.models import Click
from campaigns.links.models import Link

JAKARTA = ZoneInfo("Asia/Jakarta")
NOON, NIGHT = datetime(2026, 11, 25, 5, 0, tzinfo=UTC), datetime(2026, 11, 25, 19, 30, tzinfo=UTC)


def invented(now: datetime, number: int = 400) -> tuple[TapInventor, list[Click]]:
    inventor = TapInventor(random.Random(1), JAKARTA, now)
    link = Link(id=uuid4(), campaign_id=uuid4())
    return inventor, inventor.taps(link, PHONES["instagram"], number)


def test_figures_do_not_depend_on_the_time_of_the_day() -> None:
    def figures(now: datetime) -> Counter[tuple[int, str | None, str | None, str | None]]:
        return Counter((tap.agent_id, tap.country, tap.language, tap.referrer_host) for tap in invented(now)[1])

    assert figures(NOON) == figures(NIGHT)


def test_times_are_of_the_last_days_and_mostly_of_the_evening() -> None:
    _, taps = invented(NIGHT, 2000)
    assert all(NIGHT - timedelta(days=DAYS) <= tap.clicked_at <= NIGHT for tap in taps)
    assert all(tap.id.int >> 80 == round(tap.clicked_at.timestamp() * 1000) for tap in taps)
    hours = Counter(tap.clicked_at.astimezone(JAKARTA).hour for tap in taps)
    assert sum(hours[hour] for hour in range(18, 23)) > 5 * sum(hours[hour] for hour in range(1, 5))


def test_some_people_come_back_and_none_on_two_days_is_known() -> None:
    _, taps = invented(NOON)
    visitors: dict[int, set[object]] = {}
    for tap in taps:
        visitors.setdefault(tap.visitor, set()).add(tap.clicked_at.astimezone(JAKARTA).date())
    assert len(visitors) < len(taps)
    assert {len(days) for days in visitors.values()} == {1}


def test_every_agent_is_stored_once_since_its_first_tap() -> None:
    inventor, taps = invented(NOON)
    first: dict[int, datetime] = {}
    for tap in taps:
        first[tap.agent_id] = min(tap.clicked_at, first.get(tap.agent_id, tap.clicked_at))
    assert {agent.id: agent.first_seen_at for agent in inventor.agents()} == first


def test_phones_are_people_s_and_robots_are_not() -> None:
    assert not any(classify_user_agent(phone.agent).reasons for phones in PHONES.values() for phone in phones)
    assert all(classify_user_agent(robot.agent).reasons for robot in ROBOTS)
