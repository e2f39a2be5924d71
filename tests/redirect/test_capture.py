"""Every tap is on a disk, exactly once, before its response, even if PostgreSQL or the journal fails."""

import asyncio
import time
from itertools import pairwise
from uuid import uuid4

import psycopg
import pytest

from campaigns.clicks.capture.agent_cache import CachedAgent
from campaigns.clicks.capture.writer import MAX_TAPS_IN_COMMIT, TapWriter
from campaigns.clicks.journal.failover import Failover
from campaigns.clicks.row import CLICKS
from campaigns.clicks.store import TapStore
from tests.redirect.journals import line, rows
from tests.redirect.stores import StagedStore, writing
from tests.redirect.taps import Taps


def count(conninfo: str) -> object:
    return rows(conninfo, "SELECT count(*) FROM clicks")[0][0]


async def until_drained(fallback: Failover) -> None:
    while fallback.waiting or not fallback.postgres_well:
        await asyncio.sleep(0.01)


async def test_a_tap_is_on_disk_when_write_returns(writer: TapWriter, conninfo: str, agent: CachedAgent) -> None:
    assert await writer.write(line(), agent)
    assert count(conninfo) == 1


async def test_the_agent_is_stored_before_its_first_tap_and_once(
    writer: TapWriter, conninfo: str, agent: CachedAgent
) -> None:
    await asyncio.gather(*(writer.write(line(), agent) for _ in range(3)))
    assert agent.stored
    await writer.write(line(), agent)
    assert rows(conninfo, "SELECT text, device FROM agents WHERE id <> 0") == [(agent.text, "android")]


async def test_two_processes_may_meet_an_agent_at_once(
    writer: TapWriter, conninfo: str, fallback: Failover, agent: CachedAgent
) -> None:
    again = CachedAgent(agent.id, agent.text, agent.verdict, is_preview=False)
    async with writing(StagedStore(conninfo), fallback) as other:
        assert all(await asyncio.gather(writer.write(line(), agent), other.write(line(), again)))
    assert (count(conninfo), fallback.waiting) == (2, 0)


@pytest.fixture
def commits(tap_store: StagedStore) -> list[bytes]:
    """The blocks of all commits, as they begin."""
    blocks = list[bytes]()

    async def counted(_call: str, block: bytes, _within: float) -> None:
        blocks.append(block)

    tap_store.before = counted
    return blocks


async def test_taps_that_come_together_share_commits(
    writer: TapWriter, conninfo: str, agent: CachedAgent, commits: list[bytes]
) -> None:
    assert all(await asyncio.gather(*(writer.write(line(), agent) for _ in range(40))))
    assert count(conninfo) == 40
    assert len(commits) <= 2


async def test_taps_that_come_one_after_the_other_share_commits_too(
    tap_store: StagedStore, conninfo: str, fallback: Failover, agent: CachedAgent, commits: list[bytes]
) -> None:
    fallback.deadline_seconds = 30  # a busy machine stores in time too, though the pace here takes most of it
    async with writing(tap_store, fallback, pace_seconds=0.5) as writer:
        begun = asyncio.get_running_loop().time()
        assert await writer.write(line(), agent)  # the first waits for nobody
        waiting: list[asyncio.Future[bool]] = []
        while len(waiting) < 20:
            waiting.append(writer.write(line(), agent))
            await asyncio.sleep(0.002)
        assert all(await asyncio.gather(*waiting))
        took = asyncio.get_running_loop().time() - begun
    assert count(conninfo) == 21
    # One at the end of each pace: a machine that slept in between makes more of them, never one a tap.
    assert 2 <= len(commits) <= 2 + took / 0.5


async def test_commits_of_taps_that_come_one_by_one_begin_a_pace_apart(
    tap_store: StagedStore, conninfo: str, fallback: Failover, agent: CachedAgent
) -> None:
    began = list[float]()

    async def timed(*_: object) -> None:
        began.append(time.monotonic())

    tap_store.before = timed
    async with writing(tap_store, fallback, pace_seconds=0.05) as writer:
        for _ in range(5):
            assert await writer.write(line(), agent)
    assert (len(began), count(conninfo)) == (5, 5)
    # No other tap ends the wait, so a timer does, and not before its time.
    assert all(after - before >= 0.045 for before, after in pairwise(began))


async def test_the_time_a_tap_has_waited_is_part_of_its_deadline(
    writer: TapWriter, tap_store: StagedStore, fallback: Failover, agent: CachedAgent
) -> None:
    fallback.deadline_seconds = 30
    left, storing, released = list[float](), asyncio.Event(), asyncio.Event()

    async def held(_call: str, _block: bytes, within: float) -> None:
        left.append(within)
        storing.set()
        await released.wait()

    tap_store.before = held
    first = writer.write(line(), agent)
    await storing.wait()
    came = time.monotonic()
    second = writer.write(line(), agent)
    while time.monotonic() < came + 0.2:
        await asyncio.sleep(0.01)
    released.set()
    assert all(await asyncio.gather(first, second))
    assert left[0] <= 30
    assert left[1] <= 29.8


async def test_a_commit_is_bounded(conninfo: str, fallback: Failover, agent: CachedAgent) -> None:
    fallback.deadline_seconds = 30  # so much in one commit takes a busy machine longer than a tap
    async with writing(StagedStore(conninfo), fallback, backlog=20_000) as writer:
        assert all(await asyncio.gather(*(writer.write(line(), agent) for _ in range(MAX_TAPS_IN_COMMIT + 10))))
    sizes = rows(conninfo, "SELECT count(*) FROM clicks GROUP BY xmin::text ORDER BY 1")
    assert sizes == [(10,), (MAX_TAPS_IN_COMMIT,)]


async def test_a_commit_whose_answer_was_lost_is_not_stored_twice(
    writer: TapWriter, tap_store: StagedStore, conninfo: str, fallback: Failover, draining: None, agent: CachedAgent
) -> None:
    async def answer_lost(*_: object) -> None:
        raise psycopg.OperationalError("the connection broke after the commit")

    tap_store.after = answer_lost
    assert await writer.write(line(), agent)
    await until_drained(fallback)
    assert count(conninfo) == 1


async def test_nothing_is_lost_or_doubled_when_connections_are_killed(taps: Taps) -> None:
    async def tap(number: int) -> int:
        await asyncio.sleep(number / 200)
        return (await taps.client.get("/abc")).status_code

    async def kill() -> None:
        for _ in range(5):
            await asyncio.sleep(0.1)
            await taps.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name ~ '^jaring'")

    statuses, _ = await asyncio.gather(asyncio.gather(*(tap(number) for number in range(200))), kill())
    assert set(statuses) == {302}
    await until_drained(taps.fallback)
    assert len(await taps.stored()) == 200


async def test_taps_go_to_the_journal_at_the_deadline_and_then_at_once(
    writer: TapWriter, conninfo: str, fallback: Failover, draining: None, agent: CachedAgent
) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo) as blocker:
        await blocker.execute("LOCK TABLE clicks IN ACCESS EXCLUSIVE MODE")
        assert all(await asyncio.gather(writer.write(line(), agent), writer.write(line(), agent)))
        assert (fallback.waiting, fallback.postgres_well, writer.waiting) == (2, False, 0)
        assert await writer.write(line(), agent)
        assert fallback.waiting == 3
        await blocker.rollback()
    await until_drained(fallback)
    assert count(conninfo) == 3
    assert rows(conninfo, "SELECT count(*) FROM agents WHERE id <> 0") == [(1,)]
    assert await writer.write(line(), agent)
    assert (count(conninfo), fallback.waiting) == (4, 0)


async def test_memory_holds_taps_that_the_full_journal_rejects(
    writer: TapWriter,
    conninfo: str,
    fallback: Failover,
    draining: None,
    agent: CachedAgent,
    refusing: pytest.MonkeyPatch,
) -> None:
    async with await psycopg.AsyncConnection.connect(conninfo) as blocker:
        await blocker.execute("LOCK TABLE clicks IN ACCESS EXCLUSIVE MODE")
        answers = await asyncio.gather(*(writer.write(line(), agent) for _ in range(60)))
        assert (answers, writer.waiting, fallback.lost) == ([False] * 60, 50, 10)
        assert fallback.losses.counts.in_memory == 50
        await blocker.rollback()
    while writer.waiting or fallback.losses.counts.lost:
        await asyncio.sleep(0.01)
    assert count(conninfo) == 50
    assert fallback.losses.counts.in_memory == 0
    assert rows(conninfo, "SELECT taps, reason FROM tap_losses") == [(10, "memory full")]


async def test_a_row_that_cannot_be_stored_does_not_take_its_batch_along(
    writer: TapWriter, conninfo: str, fallback: Failover, draining: None, agent: CachedAgent
) -> None:
    lines = [line() for _ in range(9)] + [line(visitor="not a number")]
    assert all(await asyncio.gather(*(writer.write(one, agent) for one in lines)))
    await until_drained(fallback)
    while fallback.losses.counts.lost:
        await asyncio.sleep(0.01)
    assert (count(conninfo), fallback.lost) == (9, 1)
    assert rows(conninfo, "SELECT taps, reason FROM tap_losses") == [(1, "refused by the database")]


async def test_stopping_stores_what_is_waiting(conninfo: str, fallback: Failover, agent: CachedAgent) -> None:
    async with writing(StagedStore(conninfo), fallback) as writer:
        pending = [writer.write(line(), agent) for _ in range(20)]
    assert all(await asyncio.gather(*pending))
    assert count(conninfo) == 20


async def test_taps_that_cannot_be_stored_at_the_stop_are_counted(
    conninfo: str, fallback: Failover, agent: CachedAgent, refusing: pytest.MonkeyPatch
) -> None:
    away = TapStore("host=127.0.0.1 port=1 dbname=none", application_name="jaring-taps")
    writer = TapWriter(away, CLICKS, fallback, backlog=100)
    writer.start()
    assert await asyncio.gather(*(writer.write(line(), agent) for _ in range(5))) == [False] * 5
    await writer.stop(within_seconds=0.1)
    assert (fallback.lost, fallback.losses.counts.lost) == (5, 5)


async def test_a_tap_of_a_disconnected_browser_is_stored(writer: TapWriter, conninfo: str, agent: CachedAgent) -> None:
    gone, staying = writer.write(line(), agent), writer.write(line(uuid4()), agent)
    gone.cancel()
    assert await staying
    assert count(conninfo) == 2
