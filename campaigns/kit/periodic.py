"""Runner for the background work of a server process: what is done at intervals, and what goes on without end.

A piece of work is data (its name, its intervals, the errors it may raise) and an async function. A `Loop` calls the
function again and again and survives every Exception. It logs the first failure of a streak, waits longer after each
further one, and counts runs, failures and seconds by the work's name in metrics.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from prometheus_client import Counter, Gauge

from campaigns.kit.crash_place import crash_place

RUNS = Counter("jaring_loop_runs_total", "Runs of a background loop that ended, well or not.", ["loop"])
FAILURES = Counter("jaring_loop_failures_total", "Runs of a background loop that failed.", ["loop"])
SECONDS = Counter("jaring_loop_seconds_total", "Time that runs of a background loop took.", ["loop"])
LAST_SUCCESS = Gauge(
    "jaring_loop_last_success_timestamp_seconds",
    "When a background loop last succeeded, in Unix time: the oldest over all processes; at first, when it began.",
    ["loop"],
    multiprocess_mode="livemin",
)

# Far beyond the limits of all that work waits for: a run that takes longer will not end by itself.
HUNG_SECONDS = 600.0

log = structlog.get_logger("jaring.loops")


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses after failures: `first_seconds`, then double each time up to `max_seconds`.

    Up to `jitter` of a pause is left out at random, so that processes that failed together do not come back together.
    """

    first_seconds: float
    max_seconds: float
    jitter: float = 0.2

    def pause_seconds(self, failures: int, *, chance: float) -> float:
        """The pause after so many failures in a row, 1 or more; `chance` is a random number from 0 to 1."""
        # Of an outage of hours the power would be no float any more.
        doubled = self.first_seconds * 2.0 ** min(failures - 1, 32)
        return min(doubled, self.max_seconds) * (1 - self.jitter * chance)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodicWork:
    """Work that is done, then left for `interval_seconds` (or until `wake` is set), then done again.

    `run` is given the time. Errors other than those `expected` are logged as bugs. `wake` does not cut a back-off
    short. `close` is called when the loop is cancelled. A run that takes longer than `hung_after_seconds` hangs.
    """

    name: str
    run: Callable[[datetime], Awaitable[object]]
    interval_seconds: float
    first_delay_seconds: float
    backoff: Backoff
    expected: tuple[type[Exception], ...]
    wake: asyncio.Event | None = None
    close: Callable[[], Awaitable[object]] | None = None
    hung_after_seconds: float = HUNG_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinuousWork:
    """Work that goes on without end, such as listening; when it returns or fails it is begun again after `backoff`.

    `run` is given a function to call whenever the work is known to be well, such as once connected and at each
    heartbeat: each call counts as a success. Without one for `hung_after_seconds`, a run hangs.
    """

    name: str
    run: Callable[[Callable[[], None]], Awaitable[object]]
    backoff: Backoff
    expected: tuple[type[Exception], ...]
    hung_after_seconds: float = HUNG_SECONDS


Work = PeriodicWork | ContinuousWork


class Stopped(Exception):
    """Continuous work returned, which counts as a failure."""


async def sleep_or_wake(seconds: float, wake: asyncio.Event | None) -> None:
    """Sleep for so long, or until the event is set, which is cleared again."""
    if wake is None:
        await asyncio.sleep(seconds)
        return
    try:
        async with asyncio.timeout(seconds):
            await wake.wait()
    except TimeoutError:
        return
    wake.clear()


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a loop gets time and chance from; tests pass one that does not wait. `monotonic` is in seconds."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    pause: Callable[[float, asyncio.Event | None], Awaitable[None]] = sleep_or_wake
    chance: Callable[[], float] = random.random


SYSTEM_CLOCK = Clock()


class Loop:
    """One piece of work in this process: runs it for ever and knows how it is doing.

    `failures` counts those since the last success.
    """

    def __init__(self, work: Work, clock: Clock = SYSTEM_CLOCK) -> None:
        self.name = work.name
        self.failures = 0
        self._work = work
        self._clock = clock
        self._succeeded_at = clock.monotonic()
        self._running_since: float | None = None
        self._bug_logged = False
        self._last_success = LAST_SUCCESS.labels(work.name)
        self._last_success.set(clock.now().timestamp())

    @property
    def age_seconds(self) -> float:
        """Seconds since the last success, or since the loop was made if there was none."""
        return self._clock.monotonic() - self._succeeded_at

    @property
    def hangs(self) -> bool:
        """Whether its work has been running for longer than it may, without a sign of being well."""
        if self._running_since is None:
            return False
        alive_at = max(self._running_since, self._succeeded_at)
        return self._clock.monotonic() - alive_at > self._work.hung_after_seconds

    async def run_forever(self) -> None:
        """Run the work until this is cancelled."""
        work, clock = self._work, self._clock
        try:
            if isinstance(work, PeriodicWork):
                await clock.pause(work.first_delay_seconds, work.wake)
            while True:
                await self._run_once()
                if _is_cancelled():
                    raise asyncio.CancelledError  # the work was told so, and ended in another way
                if self.failures:
                    await clock.pause(work.backoff.pause_seconds(self.failures, chance=clock.chance()), None)
                elif isinstance(work, PeriodicWork):
                    await clock.pause(work.interval_seconds, work.wake)
        finally:
            if isinstance(work, PeriodicWork) and work.close is not None:
                await work.close()

    async def _run_once(self) -> None:
        began = self._running_since = self._clock.monotonic()
        try:
            if isinstance(self._work, PeriodicWork):
                await self._work.run(self._clock.now())
                self._succeeded()
            else:
                await self._work.run(self._succeeded)
                raise Stopped
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            self._failed(error)  # something that the work waited for was cancelled, not this loop
        except Exception as error:
            self._failed(error)
        finally:
            self._running_since = None
        RUNS.labels(self.name).inc()
        SECONDS.labels(self.name).inc(self._clock.monotonic() - began)

    def _succeeded(self) -> None:
        if self.failures:
            log.info("loop_recovered", loop=self.name, failures=self.failures)
        self.failures, self._bug_logged = 0, False
        self._succeeded_at = self._clock.monotonic()
        self._last_success.set(self._clock.now().timestamp())

    def _failed(self, error: BaseException) -> None:
        """Count it, and log it if it is the first of a streak, or the streak's first bug."""
        self.failures += 1
        FAILURES.labels(self.name).inc()
        if not isinstance(error, (Stopped, *self._work.expected)):
            if not self._bug_logged:
                self._bug_logged = True
                log.error("loop_broken", loop=self.name, error=type(error).__name__, place=crash_place(error))
        elif self.failures == 1:
            log.warning("loop_failed", loop=self.name, error=type(error).__name__)


def _is_cancelled() -> bool:
    """Whether this task is to end."""
    task = asyncio.current_task()
    return task is None or task.cancelling() > 0
