"""A process that can no longer do its work ends, whatever blocks it and although nothing can be reported."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

# What a server process does with it: SIGTERM begins an orderly end, which here is the exit code 3.
PROCESS = """
import asyncio, re, signal, sys, time
from pathlib import Path
from api.runtime import watchdog
from campaigns.kit.periodic import Backoff, Loop, PeriodicWork

async def ended(): raise ValueError("the reason")
def stuck_in_python(): re.match("(a*)*b", "a" * 100)
def stuck_in_the_system(): time.sleep(3600)
async def waiting(_now): await asyncio.Event().wait()

async def main(case, traces):
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, lambda: sys.exit(3))
    tasks = [asyncio.create_task(watchdog.end_if_blocked(traces, blocked_seconds=0.5, beat_seconds=0.1))]
    if case == "ended":
        tasks.append(asyncio.create_task(ended()))
    elif case == "hung":
        work = PeriodicWork(name="test", run=waiting, interval_seconds=1, first_delay_seconds=0,
                            backoff=Backoff(1, 1), expected=(), hung_after_seconds=-1)
        hung = Loop(work)
        tasks += [asyncio.create_task(hung.run_forever()), asyncio.create_task(watchdog.end_if_hung([hung]))]
    else:
        loop.call_later(0.2, globals()[case])
    for task in tasks:
        task.add_done_callback(watchdog.end_if_broken)
    await asyncio.sleep(60)

asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
"""
REPORT = """
import sys
from pathlib import Path
from api.logs.configuration import configure_logging
from api.runtime.watchdog import report_traces

configure_logging("info")
report_traces(Path(sys.argv[1]))
"""


def exit_code(case: str, traces: Path) -> int:
    """How the process ended whose every report fails."""
    with open("/dev/full", "wb") as full:
        return subprocess.run(
            [sys.executable, "-c", PROCESS, case, str(traces)], stdout=full, stderr=full, timeout=60, check=False
        ).returncode


@pytest.mark.parametrize("case", ["ended", "hung"])
def test_a_task_that_ends_or_hangs_ends_the_process_in_order(case: str, tmp_path: Path) -> None:
    assert exit_code(case, tmp_path) == 3
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("case", ["stuck_in_python", "stuck_in_the_system"])
def test_an_event_loop_that_is_blocked_ends_the_process_at_once_and_the_next_one_tells_where(
    case: str, tmp_path: Path
) -> None:
    assert exit_code(case, tmp_path) == 1
    told = subprocess.run([sys.executable, "-c", REPORT, str(tmp_path)], capture_output=True, check=True)
    line = json.loads(told.stderr)
    assert (line["event"], line["level"]) == ("event_loop_blocked", "critical")
    assert case in " ".join(line["trace"])
    assert not list(tmp_path.iterdir())
