"""The short form of `make chaos`: results that are never correct after a failure.

Response times are checked by `make chaos` only, so that a busy machine does not fail a test here.
"""

from collections.abc import Iterator

import pytest

from benchmarks.chaos.scenarios import Scenario
from benchmarks.chaos.stage import Skipped, Stage, stage
from benchmarks.chaos.table import DISK_SCENARIOS, SCENARIOS
from benchmarks.chaos.trial import SHORT, Trial


@pytest.fixture(scope="module")
def played() -> Iterator[Stage]:
    with stage() as ready:
        yield ready


@pytest.fixture(scope="module")
def small_disks() -> Iterator[Stage]:
    try:
        with stage(small_disks=True) as ready:
            yield ready
    except Skipped as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("play", SCENARIOS.values(), ids=SCENARIOS.keys())
def test_no_acknowledged_tap_is_lost_or_stored_twice(play: Scenario, played: Stage) -> None:
    require_right(play, played)


@pytest.mark.parametrize("play", DISK_SCENARIOS.values(), ids=DISK_SCENARIOS.keys())
def test_a_full_disk_loses_only_taps_that_are_counted(play: Scenario, small_disks: Stage) -> None:
    require_right(play, small_disks)


def require_right(play: Scenario, played: Stage) -> None:
    trial = Trial(played, SHORT, play.__name__)
    play(trial)
    assert not trial.wrong, "\n".join(trial.lines())
