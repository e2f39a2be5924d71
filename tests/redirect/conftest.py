"""The redirect alone, on a separate database with real commits."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from campaigns.clicks.capture.agent_cache import CachedAgent
from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.journal.drainer import Drainer
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.journal.journal import Entry
from campaigns.kit.client_address import TrustedProxies
from campaigns.kit.database.connections import Connections
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.links.models import Link
from campaigns.links.resolver.snapshot import LinkSnapshot
from tests.redirect.resolver.look_ups import Counted
from tests.redirect.stores import StagedStore, writing
from tests.redirect.taps import AGENT, Taps, connections_to, drained, running_redirect, store_link


@pytest.fixture
def conninfo(own_database: str) -> str:
    return psycopg_conninfo(own_database)


@pytest.fixture
def connections(conninfo: str) -> Connections:
    return connections_to(conninfo)


@pytest.fixture
async def link(own_database: str) -> Link:
    return await store_link(own_database)


@pytest.fixture
def counted(link: Link, connections: Connections, tmp_path: Path) -> Counted:
    assert link.slug == "abc"
    return Counted(connections, LinkSnapshot(tmp_path / "links.sqlite"))


@pytest.fixture
async def fallback(tmp_path: Path) -> AsyncIterator[Failover]:
    fallback = Failover(tmp_path / "journal", deadline_seconds=0.5)
    yield fallback
    await fallback.close()


@pytest.fixture
async def draining(fallback: Failover, conninfo: str) -> AsyncIterator[None]:
    """A drainer that runs as long as the test."""
    async with drained(fallback, conninfo):
        yield


@pytest.fixture
def proxies() -> TrustedProxies:
    return TrustedProxies([])


@pytest.fixture
def home() -> str | None:
    """The address that the bare host leads to."""
    return None


@pytest.fixture
async def taps(
    link: Link,
    conninfo: str,
    fallback: Failover,
    draining: None,
    proxies: TrustedProxies,
    home: str | None,
    tmp_path: Path,
) -> AsyncIterator[Taps]:
    snapshot = LinkSnapshot(tmp_path / "links.sqlite")
    async with running_redirect(
        link=link, conninfo=conninfo, fallback=fallback, proxies=proxies, snapshot=snapshot, home=home
    ) as taps:
        yield taps


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
async def drain_store(conninfo: str) -> AsyncIterator[StagedStore]:
    """The store of `drainer`."""
    store = StagedStore(conninfo)
    yield store
    await store.close()


@pytest.fixture
def drainer(fallback: Failover, drain_store: StagedStore) -> Drainer:
    return Drainer(fallback, drain_store, orphans_seconds=0.0)


@pytest.fixture
def agent() -> CachedAgent:
    return CachedAgent(AGENT.id, AGENT.text, AGENT.verdict, is_preview=False)


@pytest.fixture
def tap_store(conninfo: str) -> StagedStore:
    """The store of `writer`, which closes it."""
    return StagedStore(conninfo)


@pytest.fixture
async def writer(tap_store: StagedStore, fallback: Failover) -> AsyncIterator[TapWriter]:
    async with writing(tap_store, fallback) as writer:
        yield writer


@pytest.fixture
def refusing(fallback: Failover, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A journal whose disk is full, until the patch is undone."""

    def full(entry: Entry) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(fallback.journal, "append", full)
    return monkeypatch
