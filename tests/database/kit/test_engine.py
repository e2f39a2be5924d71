"""What PostgreSQL ends by itself on the connections of a pool."""

import pytest
from sqlalchemy import text

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
