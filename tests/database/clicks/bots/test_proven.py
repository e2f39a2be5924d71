"""Taps of bursts that somebody registered with: marked by the rounds where the registration could not."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from campaigns.clicks.bots.bursts import LOOK_BACK, MAX_TAPS, mark_next_step, note_late_taps
from campaigns.clicks.bots.reclassify import ReclassifyResult, reclassify
from campaigns.clicks.proven import mark_proven
from campaigns.clicks.types import RequestFlag
from tests.database.clicks.stored import BURST, Stored

NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)
PROVEN = RequestFlag.PROVEN.value
MILLISECOND = timedelta(milliseconds=1)


async def claim_one(stored: Stored, at: datetime) -> UUID:
    """Claim one tap of this moment, as a registration does."""
    click_id: UUID = await stored.value(
        "INSERT INTO click_claims (campaign_id, click_id, applicant_id)"
        " SELECT campaign_id, id, %s FROM clicks WHERE clicked_at = %s ORDER BY id LIMIT 1 RETURNING click_id",
        (uuid4(), at),
    )
    return click_id


async def flags(stored: Stored) -> dict[int, int]:
    cursor = await stored.connection.execute("SELECT observed, count(*) FROM clicks GROUP BY observed")
    return dict(await cursor.fetchall())


async def test_a_burst_keeps_all_taps_but_those_that_were_registered_with(stored: Stored) -> None:
    await stored.tap([NOON - LOOK_BACK / 2] * (MAX_TAPS + 1), link=uuid4(), observed=4)
    click_id = await claim_one(stored, NOON - LOOK_BACK / 2)
    await mark_next_step(stored.connection, now=NOON)
    assert await flags(stored) == {BURST | 4: MAX_TAPS, BURST | PROVEN | 4: 1}
    assert await stored.value("SELECT id FROM clicks WHERE observed & %s <> 0", (PROVEN,)) == click_id


async def test_taps_that_were_stored_after_their_registration_are_proven_too(stored: Stored) -> None:
    await mark_next_step(stored.connection, now=NOON)
    long_ago = NOON - timedelta(hours=3)
    await stored.tap([long_ago], link=uuid4(), observed=RequestFlag.PREFETCH.value)
    await claim_one(stored, long_ago)
    await note_late_taps(stored.connection, since=long_ago)
    await mark_next_step(stored.connection, now=NOON + timedelta(seconds=1))
    assert await flags(stored) == {RequestFlag.PREFETCH.value | PROVEN: 1}


async def test_history_is_proven_again(stored: Stored) -> None:
    await stored.tap([NOON], link=uuid4())
    await claim_one(stored, NOON)
    async for step in reclassify(stored.connection, changed=ReclassifyResult(), now=NOON + timedelta(days=9)):
        async for _ in step.doing:
            pass
    assert await flags(stored) == {PROVEN: 1}


async def test_the_range_begins_with_its_first_moment_and_ends_before_its_last(stored: Stored) -> None:
    for at in (NOON - MILLISECOND, NOON, NOON + MILLISECOND):
        await stored.tap([at], link=uuid4())
        await claim_one(stored, at)
    await mark_proven(stored.connection, since=NOON, until=NOON + MILLISECOND)
    assert await stored.value("SELECT clicked_at FROM clicks WHERE observed = %s", (PROVEN,)) == NOON
    assert await flags(stored) == {0: 2, PROVEN: 1}


async def test_another_campaigns_claim_proves_nothing(stored: Stored) -> None:
    await stored.tap([NOON], link=uuid4())
    click_id = await stored.value("SELECT id FROM clicks")
    await stored.connection.execute("INSERT INTO click_claims VALUES (%s, %s, %s)", (uuid4(), click_id, uuid4()))
    await mark_proven(stored.connection, since=NOON, until=NOON + MILLISECOND)
    assert await flags(stored) == {0: 1}
