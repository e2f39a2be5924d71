"""Chaos scenarios in which the log cannot be written: its reader stops or goes away, its disk is full.

What only reports must not stop what works. Whatever is broken here is broken beside PostgreSQL, since errors are what
is reported.
"""

import json
import time
from functools import partial

from benchmarks.chaos.scenarios import calm, restarted, volume
from benchmarks.chaos.stage import Skipped, kill
from benchmarks.chaos.trial import Trial

# After a disk has room again.
WELL_SECONDS = 15.0


def lose_log_reader(trial: Trial) -> None:
    """The log is a pipe whose reader stops reading, then goes away; each time PostgreSQL is killed."""
    stage, pipe = trial.stage, trial.stage.log_pipe
    if pipe is None:
        raise Skipped("the log is no pipe")
    with trial.load():
        calm(trial)
        pipe.stop_reading()
        stage.until(lambda: stage.ask("/livez")[0] == 200 and pipe.is_full(), "the log's pipe to be full")
        _kill_postgres(trial, "reader stopped")
        pipe.leave()
        _kill_postgres(trial, "reader gone")
    dropped = stage.metric("jaring_log_lines_dropped_total")
    trial.require(dropped > 0, "no line of the log was dropped")
    trial.tell(f"{dropped:,.0f} lines of the log dropped")
    for phase in ("reader stopped", "reader gone"):
        trial.require_prompt(phase, "calm")
    trial.settle()


def fill_all_disks(trial: Trial) -> None:
    """PostgreSQL, the log and the journals are on full disks, which are freed again, while candidates sign up."""
    stage, disks = trial.stage, (volume(trial.stage.data_volume), volume(trial.stage.journal_volume))
    with trial.load():
        calm(trial)
        answers = [stage.register()]
        begun = time.monotonic()
        for disk in disks:
            disk.fill(but=64 * 1024)
        trial.took(stage.until(lambda: stage.noted("lost") > 0, "memory to be full too"), "all full")
        answers.append(stage.register())
        while time.monotonic() - begun < trial.scale.broken:
            answers.append(stage.register())
        trial.phase("full", begun)
        for disk in disks:
            disk.make_room()
        begun = time.monotonic()
        stage.until(stage.is_well, "all to be well")
        trial.took(time.monotonic() - begun, "well again", limit=WELL_SECONDS)
        answers.append(stage.register())
        time.sleep(trial.scale.calm)
    problems = [answer for answer in answers if answer.status != 201]
    receipts = {json.loads(answer.body)["reference"] for answer in answers if answer.status == 201}
    kinds = sorted({f"{answer.status} {answer.media_type}" for answer in problems})
    trial.tell(f"{len(answers)} sign-ups: {len(receipts)} receipts, {len(problems)} problem documents")
    trial.require({answers[0].status, answers[-1].status} == {201}, "sign-ups before and after are refused")
    trial.require(bool(problems), "no sign-up met a full disk")
    fits = all(answer.status >= 500 and answer.media_type == "application/problem+json" for answer in problems)
    trial.require(fits, f"sign-ups were answered with {kinds}")
    stored = {row[0] for row in stage.query("SELECT reference FROM applications")}
    trial.require(receipts <= stored, f"{len(receipts - stored)} receipts without an application")
    trial.require_prompt("full", "calm")
    trial.settle(lost=True)


def _kill_postgres(trial: Trial, phase: str) -> None:
    stage, begun = trial.stage, time.monotonic()
    doomed = stage.postgres_processes()[0]
    kill(doomed)
    stage.until(partial(restarted, stage, doomed), "PostgreSQL to restart")
    stage.until(stage.is_well, "PostgreSQL to be used again")
    time.sleep(trial.scale.calm)
    trial.phase(phase, begun)
