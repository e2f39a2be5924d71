"""The redirect of tests/redirect with a link of every kind, and the real server of tests/processes/server."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from campaigns.kit.client_address import TrustedProxies
from tests.processes.server.conftest import data
from tests.properties.taps.requests import Redirect
from tests.redirect.conftest import Taps, connections, conninfo, draining, fallback, link, taps

# Fixtures of others, for the tests below.
__all__ = ["connections", "conninfo", "data", "draining", "fallback", "link", "taps"]

SITE = "https://daftar.example"
# Parameters of its own, in spellings that a page reads as `lang`, `a[]`, `name` and `my key`.
OWN_QUERY = "lang=id&a[]=1&n%61me=x&my+key=v"
DAY = timedelta(days=1)
NOW = datetime.now(UTC)

LINKS: dict[str, dict[str, Any]] = {
    "passing": {"pass_query": True, "destination": f"{SITE}/form?{OWN_QUERY}#top"},
    "deciding": {
        "pass_query": True,
        "rules": [
            {"device": "ios", "language": None, "destination": f"{SITE}/ios?{OWN_QUERY}"},
            {"device": None, "language": "jv", "destination": f"{SITE}/jv#x"},
        ],
        "variants": [
            {"key": "a", "destination": f"{SITE}/a", "weight": 1},
            {"key": "b", "destination": f"{SITE}/b?{OWN_QUERY}", "weight": 2},
        ],
    },
    "ended": {"ends_at": NOW - DAY, "ended_destination": f"{SITE}/late"},
    "over": {"ends_at": NOW - DAY},
    "later": {"starts_at": NOW + DAY},
    "paused": {"state": "paused"},
    "draft": {"state": "draft"},
    "retired": {"state": "retired", "retired_at": NOW},
}
LEADING = ["abc", "passing", "deciding", "ended"]


@pytest.fixture
def proxies() -> TrustedProxies:
    """What 127.0.0.1 forwards is believed, so that hostile addresses are looked at."""
    return TrustedProxies([ip_network("127.0.0.0/8")])


@pytest.fixture
async def redirect(taps: Taps) -> AsyncIterator[Redirect]:
    """With each of LINKS beside the plain link `abc`."""
    async with await psycopg.AsyncConnection.connect(taps.conninfo, autocommit=True, row_factory=dict_row) as database:
        for slug, columns in LINKS.items():
            changed = json.dumps({"id": str(uuid4()), "slug": slug, **columns}, default=str)
            await database.execute(
                "INSERT INTO links SELECT (jsonb_populate_record(link, %s)).* FROM links link WHERE slug = 'abc'",
                [changed],
            )
        yield Redirect(taps, database)
