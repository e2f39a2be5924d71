"""The redirect of tests/redirect with a link of every kind, and the real server of tests/processes/server."""

import json
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_network
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from campaigns.clicks.journal.failover import Failover
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.links.resolver.snapshot import LinkSnapshot
from tests.processes.server.server import data_folder
from tests.properties.taps.link_kinds import LINKS
from tests.properties.taps.requests import Redirect
from tests.redirect.taps import drained, running_redirect, store_link


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
async def redirect(own_database: str, tmp_path: Path) -> AsyncIterator[Redirect]:
    """With each of LINKS beside the plain link `abc`; what 127.0.0.1 forwards is believed, so that it is looked at."""
    conninfo = psycopg_conninfo(own_database)
    fallback = Failover(tmp_path / "journal", deadline_seconds=0.5)
    redirect = running_redirect(
        link=await store_link(own_database),
        conninfo=conninfo,
        fallback=fallback,
        proxies=TrustedProxies([ip_network("127.0.0.0/8")]),
        snapshot=LinkSnapshot(tmp_path / "links.sqlite"),
    )
    async with (
        drained(fallback, conninfo),
        redirect as taps,
        await psycopg.AsyncConnection.connect(conninfo, autocommit=True, row_factory=dict_row) as database,
    ):
        for slug, columns in LINKS.items():
            changed = json.dumps({"id": str(uuid4()), "slug": slug, **columns}, default=str)
            await database.execute(
                "INSERT INTO links SELECT (jsonb_populate_record(link, %s)).* FROM links link WHERE slug = 'abc'",
                [changed],
            )
        yield Redirect(taps, database)
    await fallback.close()
