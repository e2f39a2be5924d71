"""Taps and agents inserted directly into their tables, in a separate database with real commits."""

from collections.abc import AsyncIterator

import psycopg
import pytest

from campaigns.kit.database.url import psycopg_conninfo
from tests.database.clicks.stored import Stored


@pytest.fixture
async def stored(own_database: str) -> AsyncIterator[Stored]:
    conninfo = psycopg_conninfo(own_database)
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        yield Stored(connection, conninfo)
