"""The runner of background work, on a clock of the test's own: nothing here waits."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from campaigns.kit.periodic import Backoff, ContinuousWork, Loop, PeriodicWork, sleep_or_wake
from tests.unit.kit.fake_time import BACKOFF, NOON, FakeTime, Over, run_until_over, work_of


@dataclass
class Scripted:
    """An async function whose calls end as the script says: None well, an exception by raising it; then well."""

    script: list[BaseException | None]
    times: list[datetime] = field(default_factory=list)

    async def __call__(self, now: datetime) -> None:
        self.times.append(now)
        outcome = self.script.pop(0) if self.script else None
        if outcome is not None:
            raise outcome


def metric(name: str) -> float:
    return REGISTRY.get_sample_value(name, {"loop": "test-loop"}) or 0.0


class TestIntervals:
    async def test_waits_before_the_first_run_and_between_runs_and_passes_the_time(self) -> None:
        time, run = FakeTime(most=3), Scripted([])
        await run_until_over(work_of(run), time)
        assert time.pauses == [10, 60, 60]
        assert run.times == [NOON + timedelta(seconds=seconds) for seconds in (10, 70, 130)]

    async def test_a_failure_is_followed_by_the_back_off_which_grows_up_to_its_cap(self) -> None:
        time = FakeTime(most=8)
        await run_until_over(work_of(Scripted([OSError() for _ in range(6)])), time)
        assert time.pauses == [10, 1, 2, 4, 8, 8, 8, 60]

    async def test_a_success_resets_the_back_off(self) -> None:
        time = FakeTime(most=6)
        await run_until_over(work_of(Scripted([OSError(), OSError(), None, OSError()])), time)
        assert time.pauses == [10, 1, 2, 60, 1, 60]

    def test_an_outage_of_years_has_the_longest_pause(self) -> None:
        assert BACKOFF.pause_seconds(10_000_000, chance=0.0) == 8

    @pytest.mark.parametrize(("chance", "pause"), [(0.0, 8.0), (0.5, 6.0), (1.0, 4.0)])
    def test_the_jitter_is_left_out_of_the_pause(self, chance: float, pause: float) -> None:
        assert Backoff(8, 8, jitter=0.5).pause_seconds(1, chance=chance) == pause

    async def test_the_chance_is_the_clock_s(self) -> None:
        time = FakeTime(most=2)
        await run_until_over(work_of(Scripted([OSError()]), backoff=Backoff(8, 8, jitter=0.5)), time, chance=1.0)
        assert time.pauses == [10, 4]


class TestWaking:
    async def test_wakes_out_of_the_interval_but_not_out_of_the_back_off(self) -> None:
        wake, time = asyncio.Event(), FakeTime(most=3)

        async def run(_: datetime) -> None:
            wake.set()
            if time.seconds < 11:
                raise OSError

        await run_until_over(work_of(run, wake=wake), time)
        assert (time.pauses, time.seconds) == ([10, 1, 60], 11)

    async def test_an_event_ends_the_sleep_and_is_cleared(self) -> None:
        wake = asyncio.Event()
        sleeping = asyncio.create_task(sleep_or_wake(3600, wake))
        await asyncio.sleep(0)
        wake.set()
        async with asyncio.timeout(10):
            await sleeping
        assert not wake.is_set()

    @pytest.mark.parametrize("wake", [None, asyncio.Event()])
    async def test_without_an_event_the_sleep_ends_by_itself(self, wake: asyncio.Event | None) -> None:
        async with asyncio.timeout(10):
            await sleep_or_wake(0.001, wake)


class TestErrors:
    @pytest.mark.parametrize(
        "errors",
        [[OSError("secret")] * 3, [TimeoutError("secret")] * 3, [OSError("secret"), ConnectionError("secret")]],
    )
    async def test_a_streak_of_expected_ones_is_one_warning_with_the_type_alone(self, errors: list[Exception]) -> None:
        with capture_logs() as logged:
            await run_until_over(work_of(Scripted([*errors])), FakeTime(most=5))
        expected = {"event": "loop_failed", "log_level": "warning", "loop": "test-loop"}
        assert logged == [
            {**expected, "error": type(errors[0]).__name__},
            {"event": "loop_recovered", "log_level": "info", "loop": "test-loop", "failures": len(errors)},
        ]

    async def test_the_next_streak_is_logged_again(self) -> None:
        with capture_logs() as logged:
            await run_until_over(work_of(Scripted([OSError(), None, OSError(), None])), FakeTime(most=5))
        assert [line["event"] for line in logged] == ["loop_failed", "loop_recovered"] * 2

    async def test_a_bug_is_logged_as_an_error_with_its_place_and_the_loop_continues(self) -> None:
        run = Scripted([OSError(), RuntimeError("secret"), RuntimeError("secret"), OSError(), None, RuntimeError()])
        with capture_logs() as logged:
            await run_until_over(work_of(run), FakeTime(most=8))
        events = [(line["event"], line["log_level"]) for line in logged]
        streak = [("loop_broken", "error"), ("loop_recovered", "info")]
        assert events == [("loop_failed", "warning"), *streak, *streak]
        assert (logged[1]["error"], "test_periodic.py:" in logged[1]["place"]) == ("RuntimeError", True)
        assert "secret" not in str(logged)

    async def test_what_the_work_waited_for_being_cancelled_does_not_end_the_loop(self) -> None:
        time = FakeTime(most=3)
        loop = await run_until_over(work_of(Scripted([asyncio.CancelledError()])), time)
        assert (time.pauses, loop.failures) == ([10, 1, 60], 0)


async def cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    async with asyncio.timeout(10):
        with pytest.raises(asyncio.CancelledError):
            await task


class TestCancellation:
    """`close` is awaited before the loop's task ends."""

    async def start(self, work: PeriodicWork, reached: asyncio.Event) -> "asyncio.Task[None]":
        task = asyncio.create_task(Loop(work).run_forever())
        async with asyncio.timeout(10):
            await reached.wait()
        return task

    async def test_in_the_middle_of_the_work(self) -> None:
        reached, closed = asyncio.Event(), asyncio.Event()

        async def run(_: datetime) -> None:
            reached.set()
            await asyncio.sleep(3600)

        async def close() -> None:
            closed.set()

        await cancelled(await self.start(work_of(run, first_delay_seconds=0, close=close), reached))
        assert closed.is_set()

    @pytest.mark.parametrize("outcome", [None, OSError()])
    async def test_in_the_middle_of_the_pause(self, outcome: Exception | None) -> None:
        reached, closed = asyncio.Event(), asyncio.Event()

        async def run(_: datetime) -> None:
            asyncio.get_running_loop().call_soon(reached.set)
            if outcome is not None:
                raise outcome

        async def close() -> None:
            closed.set()

        work = work_of(run, first_delay_seconds=0, close=close, backoff=Backoff(3600, 3600))
        await cancelled(await self.start(work, reached))
        assert closed.is_set()

    @pytest.mark.parametrize("outcome", [None, OSError()])
    async def test_that_the_work_answers_otherwise_than_by_being_cancelled(self, outcome: Exception | None) -> None:
        """As a driver might whose connection breaks while it cancels a statement."""
        reached, runs = asyncio.Event(), list[datetime]()

        async def run(now: datetime) -> None:
            runs.append(now)
            reached.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            if len(runs) > 1:
                raise asyncio.CancelledError
            if outcome is not None:
                raise outcome

        work = replace(work_of(run, first_delay_seconds=0), interval_seconds=0, backoff=Backoff(0, 0))
        await cancelled(await self.start(work, reached))
        assert len(runs) == 1


class TestHealth:
    async def test_the_age_is_counted_from_the_last_success(self) -> None:
        time, ages = FakeTime(most=4), list[tuple[float, int]]()

        async def run(_: datetime) -> None:
            ages.append((loop.age_seconds, loop.failures))
            time.passes(3)
            if len(ages) in (2, 3):
                raise OSError

        loop = Loop(work_of(run), time.clock())
        assert loop.age_seconds == 0
        with pytest.raises(Over):
            await loop.run_forever()
        # The first has no success behind it, so its age is that of the loop.
        assert ages == [(10, 0), (60, 0), (64, 1), (69, 2)]
        assert (loop.age_seconds, loop.failures) == (0, 0)

    async def test_metrics_count_runs_failures_and_seconds(self) -> None:
        names = ("jaring_loop_runs_total", "jaring_loop_failures_total", "jaring_loop_seconds_total")
        before = [metric(name) for name in names]
        time, outcomes = FakeTime(most=3), Scripted([OSError(), None, RuntimeError()])

        async def run(now: datetime) -> None:
            time.passes(3)
            await outcomes(now)

        await run_until_over(work_of(run), time)
        assert [metric(name) - was for name, was in zip(names, before, strict=True)] == [3, 2, 9]

    async def test_metrics_tell_when_the_last_success_was(self) -> None:
        time = FakeTime(most=3)
        loop = Loop(work_of(Scripted([OSError(), None, OSError()])), time.clock())
        assert metric("jaring_loop_last_success_timestamp_seconds") == NOON.timestamp()
        with pytest.raises(Over):
            await loop.run_forever()
        assert metric("jaring_loop_last_success_timestamp_seconds") == NOON.timestamp() + 11


class TestContinuousWork:
    def listening(self, *rounds: Sequence[BaseException | None]) -> tuple[ContinuousWork, list[int]]:
        """Work that reports success once for each None of a round, then raises or returns."""
        left, begun = list(rounds), list[int]()

        async def run(succeeded: Callable[[], None]) -> None:
            begun.append(len(begun))
            for outcome in left.pop(0) if left else ():
                if outcome is not None:
                    raise outcome
                succeeded()

        return ContinuousWork(name="test-loop", run=run, backoff=BACKOFF, expected=(OSError,)), begun

    async def test_is_begun_at_once_and_again_after_it_failed_or_returned(self) -> None:
        work, begun = self.listening([OSError()], [], [None, OSError()], [RuntimeError()])
        time = FakeTime(most=5)
        with capture_logs() as logged:
            await run_until_over(work, time)
        # The third was well for a moment, so the fourth pause is the second of a new streak.
        assert (time.pauses, len(begun)) == ([1, 2, 1, 2, 4], 6)
        assert [line["event"] for line in logged] == ["loop_failed", "loop_recovered", "loop_failed", "loop_broken"]

    async def test_each_sign_of_being_well_is_a_success(self) -> None:
        time = FakeTime(most=0)
        ages: list[float] = []

        async def run(succeeded: Callable[[], None]) -> None:
            for _ in range(2):
                time.passes(5)
                ages.append(loop.age_seconds)
                succeeded()
                ages.append(loop.age_seconds)

        loop = Loop(ContinuousWork(name="test-loop", run=run, backoff=BACKOFF, expected=()), time.clock())
        with pytest.raises(Over):
            await loop.run_forever()
        assert ages == [5, 0, 5, 0]
