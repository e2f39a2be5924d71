"""Chaos test: breaks parts around a running Jaring, and compares acknowledged taps with stored ones.

    make chaos
    python -m benchmarks.chaos [--short] [NAME …]

It runs real processes on this machine for a limited time. Each scenario prints its steps, its counts, and its response
times in milliseconds; the last line counts the results. Exit code 1: a response was not a 302, an acknowledged tap is
not stored (after a full or damaged disk: neither stored nor counted as lost), a tap is stored twice, or taps waited too
long.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Mapping

from benchmarks.chaos.scenarios import Scenario
from benchmarks.chaos.stage import Skipped, stage
from benchmarks.chaos.table import DISK_SCENARIOS, SCENARIOS
from benchmarks.chaos.trial import FULL, SHORT, Scale, Trial


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*SCENARIOS, *DISK_SCENARIOS, []], metavar="NAME")
    parser.add_argument("--short", action="store_true", help="what the tests run")
    options = parser.parse_args()
    scale = SHORT if options.short else FULL
    begun, outcomes = time.monotonic(), list[bool]()
    for scenarios, small_disks in ((SCENARIOS, False), (DISK_SCENARIOS, True)):
        wanted = {name: play for name, play in scenarios.items() if not options.names or name in options.names}
        if wanted:
            outcomes += play_all(wanted, scale, small_disks=small_disks)
    print(f"{outcomes.count(True)} passed, {outcomes.count(False)} failed ({time.monotonic() - begun:.0f} s)")
    sys.exit(0 if all(outcomes) else 1)


def play_all(scenarios: Mapping[str, Scenario], scale: Scale, *, small_disks: bool) -> Iterator[bool]:
    """Run the scenarios one after the other on one stage and print their results; yields whether each passed."""
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
