"""Bot reasons in SQL against a plain implementation, for every combination of bits."""

from sqlalchemy import Integer, literal_column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from campaigns.clicks.bots.reasons import (
    ORDER_OF_REASONS,
    REFUTABLE,
    first_reason,
    is_filtered,
    is_person,
    is_preview,
    reasons_sql,
    restored_sql,
)
from campaigns.clicks.types import BotReason, RequestFlag
from tests.database.clicks.stored import Stored

AGENTS = [BotReason(0), BotReason.CRAWLER, BotReason.PREVIEW | BotReason.AUTOMATED, BotReason.EMPTY_AGENT]
EXPECTED = RequestFlag.ACCEPT | RequestFlag.LANGUAGE | RequestFlag.ENCODING | RequestFlag.FETCH_MODE


def combinations(flags: type[BotReason] | type[RequestFlag]) -> list[int]:
    """Every sum of the flags' bits; some bits between them are not given out."""
    sums = [0]
    for flag in flags:
        sums += [one | flag.value for one in sums]
    return sums


def meant(observed: RequestFlag, reasons: BotReason, expects: RequestFlag) -> BotReason:
    for seen, reason in (
        (RequestFlag.PREFETCH, BotReason.PREFETCH),
        (RequestFlag.HEAD, BotReason.HEAD),
        (RequestFlag.BURST, BotReason.BURST),
        (RequestFlag.SUBRESOURCE, BotReason.SUBRESOURCE),
        (RequestFlag.UNIFORM, BotReason.UNIFORM),
    ):
        if seen in observed:
            reasons |= reason
    missing = expects & ~observed
    if RequestFlag.SECURE not in observed:
        missing &= ~RequestFlag.FETCH_MODE
    if missing and RequestFlag.STRIPPED not in observed:
        reasons |= BotReason.IMPLAUSIBLE
    return reasons & ~REFUTABLE if RequestFlag.PROVEN in observed else reasons


async def test_every_combination(stored: Stored) -> None:
    observations = combinations(RequestFlag)
    expectations = [one for one in range(256) if one & ~EXPECTED.value == 0]
    cursor = await stored.connection.execute(
        f"""
        SELECT taps.observed, agents.reasons, agents.expects, {reasons_sql("taps", "agents")},
            {restored_sql("taps", "agents")}
        FROM unnest(%s::smallint[]) AS taps (observed)
        CROSS JOIN (
            SELECT * FROM unnest(%s::smallint[]) AS reasons CROSS JOIN unnest(%s::smallint[]) AS expects
        ) AS agents
        """.encode(),
        (observations, [one.value for one in AGENTS], expectations),
    )
    rows = await cursor.fetchall()
    assert len(rows) == len(observations) * len(AGENTS) * len(expectations)
    for observed, reasons, expects, found, restored in rows:
        flags, expected = RequestFlag(observed), RequestFlag(expects)
        assert BotReason(found) == meant(flags, BotReason(reasons), expected)
        unproven = meant(flags & ~RequestFlag.PROVEN, BotReason(reasons), expected)
        assert restored == (RequestFlag.PROVEN in flags and bool(unproven & REFUTABLE))


async def test_without_an_agent_only_the_tap_speaks(stored: Stored) -> None:
    row = await stored.value(
        f"""
        SELECT array_agg({reasons_sql("taps", "agents")} ORDER BY observed)
        FROM unnest(ARRAY[0, 2, 127]::smallint[]) AS taps (observed) LEFT JOIN agents ON false
        """
    )
    assert [BotReason(one) for one in row] == [BotReason(0), BotReason.HEAD, BotReason.HEAD | BotReason.PREFETCH]


async def test_the_first_reason_is_the_first_of_the_order(connection: AsyncConnection) -> None:
    assert set(ORDER_OF_REASONS) == set(BotReason)
    for bits in combinations(BotReason):
        reasons = literal_column(str(bits), Integer)
        found = (await connection.execute(select(first_reason(reasons)))).scalar_one()
        expected = [str(one.name).lower() for one in ORDER_OF_REASONS if one in BotReason(bits)]
        assert found == (expected[0] if expected else None)


async def test_every_tap_is_a_person_s_or_a_preview_or_filtered(connection: AsyncConnection) -> None:
    for bits in combinations(BotReason):
        reasons = literal_column(str(bits), Integer)
        row = (await connection.execute(select(is_person(reasons), is_preview(reasons), is_filtered(reasons)))).one()
        assert tuple(row) == (bits == 0, bool(bits & BotReason.PREVIEW), bool(bits) and not bits & BotReason.PREVIEW)
