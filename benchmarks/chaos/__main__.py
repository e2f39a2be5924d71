"""Breaks things around a running Jaring and compares what was acknowledged with what is stored.

    make chaos
    python -m benchmarks.chaos [--short] [NAME …]

Real processes on this machine, bounded in time. Each scenario prints what it did, its figures, and the times of its
answers in milliseconds; the last line counts. Exit code 1 if anything is wrong: an answer that is no 302, an
acknowledged tap that is not stored (or, where a full or damaged disk excuses it, not counted as lost), a tap stored
twice, or taps that waited longer than they may.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping

from benchmarks.chaos.scenarios import DISK_SCENARIOS, SCENARIOS, Scenario
from benchmarks.chaos.stage import Skipped, stage
from benchmarks.chaos.trial import FULL, SHORT, Scale, Trial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*SCENARIOS, *DISK_SCENARIOS, []], metavar="NAME")
    parser.add_argument("--short", action="store_true", help="what the tests run")
    given = parser.parse_args()
    scale = SHORT if given.short else FULL
    begun, outcomes = time.monotonic(), list[bool]()
    for scenarios, small_disks in ((SCENARIOS, False), (DISK_SCENARIOS, True)):
        wanted = {name: play for name, play in scenarios.items() if not given.names or name in given.names}
        if wanted:
            outcomes += play_all(wanted, scale, small_disks=small_disks)
    print(f"{outcomes.count(True)} passed, {outcomes.count(False)} failed ({time.monotonic() - begun:.0f} s)")
    sys.exit(0 if all(outcomes) else 1)


def play_all(scenarios: Mapping[str, Scenario], scale: Scale, *, small_disks: bool) -> Iterator[bool]:
    """Play the scenarios one after the other on one stage, printing each; yields whether it passed."""
    try:
        with stage(small_disks=small_disks) as played:
            for name, play in scenarios.items():
                trial = Trial(played, scale, name)
                play(trial)
                print("\n".join(trial.lines()), flush=True)
                yield not (trial.wrong or trial.late)
    except Skipped as reason:
        print(f"{', '.join(scenarios)} skipped: {reason}", flush=True)


if __name__ == "__main__":
    main()
