"""No tap waits without a limit: when neither PostgreSQL nor the journal's disk answers, the browser is sent on."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from prometheus_client import REGISTRY

from campaigns.clicks.capture.agent_cache import CachedAgent
from campaigns.clicks.capture.writer import TapWriter
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.journal.journal import Entry
from campaigns.clicks.row import CLICKS
from campaigns.links.resolver.resolver import LinkResolver, LookupFailed
from campaigns.links.resolver.snapshot import LinkSnapshot
from tests.redirect.journals import AWAY, line, stored
from tests.redirect.stores import StagedStore, writing
from tests.redirect.taps import connections_to


@pytest.fixture
def disk_answers(fallback: Failover, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The journal's disk takes nothing, and does not refuse it either, until the event is set."""
    answers, append = threading.Event(), fallback.journal.append

    def hang(entry: Entry) -> int:
        answers.wait()
        return append(entry)

    monkeypatch.setattr(fallback.journal, "append", hang)
    yield answers
    answers.set()


def late() -> float:
    return REGISTRY.get_sample_value("jaring_taps_late_total", {"table": "clicks"}) or 0.0


async def test_taps_are_sent_on_when_no_disk_answers_and_are_stored_when_one_does(
    conninfo: str, fallback: Failover, draining: None, agent: CachedAgent, disk_answers: threading.Event
) -> None:
    fallback.deadline_seconds = 0.1
    before = late()
    async with writing(StagedStore(conninfo), fallback, journal_seconds=0.1) as writer:
        async with await psycopg.AsyncConnection.connect(conninfo) as blocker:
            await blocker.execute("LOCK TABLE clicks IN ACCESS EXCLUSIVE MODE")
            first = [writer.write(line(), agent) for _ in range(3)]
            await asyncio.sleep(0)
            second = [writer.write(line(), agent) for _ in range(2)]
            assert await asyncio.gather(*first, *second) == [False] * 5
            # From now on nobody waits for what does not answer.
            assert writer.write(line(), agent).done()
            assert (writer.waiting, late() - before) == (6, 6)
            assert fallback.losses.counts.in_memory >= 5
            assert writer.waiting_seconds >= 0.1
            await blocker.rollback()
        disk_answers.set()
        while writer.waiting or fallback.waiting or not fallback.postgres_well:
            await asyncio.sleep(0.01)
        assert (stored(conninfo), fallback.lost, fallback.losses.counts.in_memory) == (6, 0, 0)
        assert writer.waiting_seconds == 0.0
        assert await writer.write(line(), agent)
        assert late() - before == 6


async def test_a_tap_is_sent_on_although_the_writer_has_ended(
    fallback: Failover, conninfo: str, agent: CachedAgent
) -> None:
    writer = TapWriter(StagedStore(conninfo), CLICKS, fallback, backlog=50, journal_seconds=0.1)
    task = writer.start()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await writer.write(line(), agent) is False
    await writer.stop(within_seconds=0)


async def test_a_link_is_not_looked_up_for_ever_on_a_disk_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, snapshot = threading.Event(), LinkSnapshot(tmp_path / "links.sqlite")
    monkeypatch.setattr(snapshot, "read", lambda _slug: answers.wait())
    resolver = LinkResolver(connections_to(AWAY), snapshot, link_kept_seconds=30, max_links=10)
    with pytest.raises(LookupFailed):
        await resolver.resolve("abc")
    answers.set()
