"""The burst rule with what people and programs do; every tap is another kind of visitor, as a program may make up."""

import random
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from campaigns.clicks.bots.bursts import mark_bursts
from campaigns.clicks.visitors import FACTS_BITS, NETWORK_SHIFT
from tests.database.clicks.bots.crowds import CROWDS, Crowd
from tests.database.clicks.stored import Stored

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize("crowd", CROWDS, ids=lambda crowd: crowd.name)
async def test_people_count_and_programs_do_not(stored: Stored, crowd: Crowd) -> None:
    moments = sorted(crowd.arrivals(random.Random(8)))
    taps = [
        (NOON + timedelta(seconds=at), (place % crowd.addresses) << NETWORK_SHIFT | place % (1 << FACTS_BITS))
        for place, at in enumerate(moments)
    ]
    await stored.tap_each(taps, link=uuid4())
    await mark_bursts(stored.connection, since=NOON - DAY, until=NOON + DAY)
    assert await stored.marked() == crowd.marked * len(taps)
