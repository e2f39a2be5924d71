"""The verdict in SQL against the words' own meaning, for every combination of bits."""

from sqlalchemy import Integer, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.clicks.bots.reasons import ORDER_OF_REASONS, first_reason, reasons_sql
from campaigns.clicks.types import Observed, Reason
from tests.database.clicks.conftest import Stored

AGENTS = [Reason(0), Reason.CRAWLER, Reason.PREVIEW | Reason.AUTOMATED, Reason.EMPTY_AGENT]
EXPECTED = Observed.ACCEPT | Observed.LANGUAGE | Observed.ENCODING | Observed.FETCH_MODE


def meant(observed: Observed, reasons: Reason, expects: Observed) -> Reason:
    for seen, reason in (
        (Observed.PREFETCH, Reason.PREFETCH),
        (Observed.HEAD, Reason.HEAD),
        (Observed.BURST, Reason.BURST),
    ):
        if seen in observed:
            reasons |= reason
    missing = expects & ~observed
    if Observed.SECURE not in observed:
        missing &= ~Observed.FETCH_MODE
    return reasons | Reason.IMPLAUSIBLE if missing else reasons


async def test_every_combination(stored: Stored) -> None:
    expectations = [one for one in range(256) if one & ~EXPECTED.value == 0]
    cursor = await stored.connection.execute(
        f"""
        SELECT taps.observed, agents.reasons, agents.expects, {reasons_sql("taps", "agents")}
        FROM (SELECT number::smallint AS observed FROM generate_series(0, 255) AS number) AS taps
        CROSS JOIN (
            SELECT * FROM unnest(%s::smallint[]) AS reasons CROSS JOIN unnest(%s::smallint[]) AS expects
        ) AS agents
        """.encode(),
        ([one.value for one in AGENTS], expectations),
    )
    rows = await cursor.fetchall()
    assert len(rows) == 256 * len(AGENTS) * len(expectations)
    for observed, reasons, expects, found in rows:
        assert Reason(found) == meant(Observed(observed), Reason(reasons), Observed(expects))


async def test_without_an_agent_only_the_tap_speaks(stored: Stored) -> None:
    row = await stored.value(
        f"""
        SELECT array_agg({reasons_sql("taps", "agents")} ORDER BY observed)
        FROM unnest(ARRAY[0, 2, 127]::smallint[]) AS taps (observed) LEFT JOIN agents ON false
        """
    )
    assert [Reason(one) for one in row] == [Reason(0), Reason.HEAD, Reason.HEAD | Reason.PREFETCH]


async def test_the_first_reason_is_the_first_of_the_order(connection: AsyncConnection) -> None:
    assert set(ORDER_OF_REASONS) == set(Reason)
    for bits in range(256):
        reasons = literal_column(str(bits), Integer)
        found = (await connection.execute(select(first_reason(reasons)))).scalar_one()
        expected = [str(one.name).lower() for one in ORDER_OF_REASONS if one in Reason(bits)]
        assert found == (expected[0] if expected else None)
