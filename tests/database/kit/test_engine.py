"""What PostgreSQL ends by itself on the connections of a pool, and what is ended when PostgreSQL does not answer."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from campaigns.kit.database import engine as engines


@pytest.mark.parametrize(
    ("name", "value"),
    [("statement_timeout", "15s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "1min")],
)
async def test_no_statement_lock_or_transaction_lasts_for_ever(own_database: str, name: str, value: str) -> None:
    engine = engines.make_engine(own_database, pool_size=2, statement_timeout_seconds=15)
    async with engine.connect() as connection:
        assert (await connection.execute(text(f"SHOW {name}"))).scalar() == value
    await engine.dispose()


async def test_no_answer_is_waited_for_without_a_limit_and_the_connection_is_replaced(own_database: str) -> None:
    engine = engines.make_engine(own_database, pool_size=1, statement_timeout_seconds=600, answer_seconds=0.2)
    with pytest.raises(DBAPIError) as refused:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(600)"))
    assert refused.value.connection_invalidated
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT 1"))).scalar() == 1
    await engine.dispose()
