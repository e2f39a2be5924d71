"""A loop hangs when its work shows no sign of life for too long; what fails or pauses does not."""

from collections.abc import Callable
from datetime import datetime

import pytest

from campaigns.kit.periodic import ContinuousWork, Loop
from tests.unit.kit.fake_time import BACKOFF, FakeTime, Over, work_of


async def test_a_run_hangs_when_it_takes_longer_than_it_may() -> None:
    time, hung = FakeTime(most=1), list[bool]()

    async def run(_: datetime) -> None:
        for seconds in (100, 0.1):
            time.passes(seconds)
            hung.append(loop.hangs)

    loop = Loop(work_of(run, hung_after_seconds=100), time.clock())
    with pytest.raises(Over):
        await loop.run_forever()
    # A pause as long as a year is no run.
    time.passes(31_536_000)
    assert (hung, loop.hangs) == ([False, True], False)


async def test_a_sign_of_being_well_is_one_of_not_hanging() -> None:
    time, hung = FakeTime(most=0), list[bool]()

    async def run(succeeded: Callable[[], None]) -> None:
        for _ in range(3):
            time.passes(6)
            hung.append(loop.hangs)
            succeeded()
        time.passes(11)
        hung.append(loop.hangs)

    work = ContinuousWork(name="test-loop", run=run, backoff=BACKOFF, expected=(), hung_after_seconds=10)
    loop = Loop(work, time.clock())
    with pytest.raises(Over):
        await loop.run_forever()
    assert hung == [False, False, False, True]
