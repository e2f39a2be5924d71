"""Chaos scenarios: each function breaks one part of a stage under load, and checks the result.

`table` lists them.
"""

import contextlib
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.chaos.stage import Skipped, Stage, Volume, kill
from benchmarks.chaos.trial import Trial

Scenario = Callable[[Trial], None]


def kill_postgres(trial: Trial) -> None:
    """kill -9 of PostgreSQL under load, several times: alternately of its main process only, and of all processes."""
    stage, slowest = trial.stage, 0.0
    with trial.load():
        calm(trial)
        begun = time.monotonic()
        for number in range(trial.scale.kills):
            processes = stage.postgres_processes()
            for pid in processes[:1] if number % 2 else processes:
                kill(pid)
            stage.until(partial(restarted, stage, processes[0]), "PostgreSQL to restart")
            slowest = max(slowest, stage.until(stage.postgres_answers, "PostgreSQL to answer again"))
            time.sleep(trial.scale.calm / 2)
        trial.phase("killing", begun)
    trial.tell(f"killed {trial.scale.kills} times")
    trial.took(slowest, "restarted, at the slowest,")
    trial.require_prompt("killing", "calm")
    trial.settle()


def kill_worker(trial: Trial) -> None:
    """kill -9 of a worker under load, once with taps going to PostgreSQL and once with taps going to the journal."""
    stage = trial.stage
    with trial.load():
        calm(trial)
        for broken in (False, True):
            if broken:
                stage.signal_postgres(signal.SIGSTOP)
                stage.until(lambda: stage.noted("in_journal") > 0, "taps in the journals")
            before = stage.workers()
            kill(before[0])
            trial.took(stage.until(partial(_replaced, stage, before), "a new worker"), "new worker")
            time.sleep(trial.scale.broken)
        stage.signal_postgres(signal.SIGCONT)
        time.sleep(trial.scale.calm)
    trial.settle(unanswered=True)


def kill_everything(trial: Trial) -> None:
    """kill -9 of all processes with taps in the journals, then a cold start without PostgreSQL."""
    stage = trial.stage
    with trial.load():
        calm(trial)
        stage.signal_postgres(signal.SIGSTOP)
        stage.until(lambda: stage.noted("in_journal") > 0, "taps in the journals")
        time.sleep(trial.scale.broken / 2)
        stage.kill_serve()
        stage.signal_postgres(signal.SIGKILL)
        stage.postgres.stop()
        trial.tell(f"killed with {stage.noted('in_journal'):,} taps in journals")
        stage.start_serve(wait=False)
        begun = time.monotonic()
        trial.took(stage.until(lambda: _redirects(stage), "a cold start to redirect"), "cold start redirects")
        trial.phase("starting", begun)
        begun = time.monotonic()
        time.sleep(trial.scale.broken)
        trial.phase("cold", begun)
        _tell_degraded(trial)
        stage.postgres.start()
        trial.took(stage.until(stage.is_well, "PostgreSQL to be used again"), "PostgreSQL in use")
        time.sleep(trial.scale.calm)
    trial.require_prompt("cold", "calm")
    trial.settle(unanswered=True)


def freeze_postgres(trial: Trial) -> None:
    """SIGSTOP of PostgreSQL: it accepts connections but does not answer."""
    stage = trial.stage
    with trial.load():
        calm(trial)
        begun = time.monotonic()
        stage.signal_postgres(signal.SIGSTOP)
        stage.until(lambda: stage.noted("in_journal") > 0, "taps in the journals")
        _tell_degraded(trial)
        time.sleep(max(0.0, trial.scale.frozen - (time.monotonic() - begun)))
        trial.phase("frozen", begun)
        trial.tell(f"frozen for {time.monotonic() - begun:.0f} s")
        stage.signal_postgres(signal.SIGCONT)
        begun = time.monotonic()
        trial.took(stage.until(stage.is_well, "PostgreSQL to be used again"), "in use again")
        time.sleep(trial.scale.calm)
        trial.phase("after", begun)
    trial.require_prompt("frozen", "calm")
    trial.require_prompt("after", "calm")
    trial.settle()


def fill_data_disk(trial: Trial) -> None:
    """Full disk of PostgreSQL."""
    stage, disk = trial.stage, volume(trial.stage.data_volume)
    with trial.load():
        calm(trial)
        disk.fill(but=64 * 1024)
        begun = time.monotonic()
        trial.took(stage.until(lambda: stage.noted("in_journal") > 0, "PostgreSQL's disk to be full"), "full")
        time.sleep(trial.scale.broken)
        trial.phase("full", begun)
        trial.tell(f"{stage.noted('in_journal'):,} taps in journals")
        disk.make_room()
        trial.took(stage.until(stage.is_well, "PostgreSQL to be used again"), "in use again")
        time.sleep(trial.scale.calm)
    trial.require_prompt("full", "calm")
    trial.settle()


def fill_journal_disk(trial: Trial) -> None:
    """Full disk of the journal while PostgreSQL is frozen: memory fills up, then taps are lost and counted."""
    stage, disk = trial.stage, volume(trial.stage.journal_volume)
    with trial.load():
        calm(trial)
        begun = time.monotonic()
        stage.signal_postgres(signal.SIGSTOP)
        disk.fill(but=64 * 1024)
        trial.took(stage.until(lambda: stage.noted("lost") > 0, "memory to be full too"), "memory full")
        time.sleep(trial.scale.broken / 2)
        trial.phase("full", begun)
        disk.make_room()
        stage.until(lambda: stage.noted("in_memory") == 0, "memory to be saved")
        time.sleep(trial.scale.calm)
        stage.signal_postgres(signal.SIGCONT)
        trial.took(stage.until(stage.is_well, "PostgreSQL to be used again"), "in use again")
    trial.require_prompt("full", "calm")
    trial.settle(lost=True)
    quality = stage.quality()
    trial.require(quality["complete"] is False, "statistics are marked as complete")
    trial.require(quality["lost_taps"] == stage.lost() > 0, f"statistics report {quality['lost_taps']} lost taps")
    trial.tell(f"statistics: complete false, lost_taps {quality['lost_taps']:,}")


def damage_journals(trial: Trial) -> None:
    """kill -9 of the server; before the restart, one journal is overwritten in the middle, and the other truncated.

    The overwritten entries are lost and counted. The other journal's write-ahead log ends in half an entry, which loses
    nothing that was acknowledged.
    """
    stage = trial.stage
    with trial.load():
        calm(trial)
        stage.signal_postgres(signal.SIGSTOP)
        stage.until(lambda: len(_filled(stage)) > 1, "taps in both journals")
        time.sleep(trial.scale.broken)
        stage.kill_serve()
        garbled, torn, *_ = _filled(stage)
        _garble(garbled)
        _tear(torn)
        trial.tell(f"garbled {garbled.name[:6]}, tore {torn.name[:6]}")
        stage.signal_postgres(signal.SIGCONT)
        stage.start_serve()
        time.sleep(trial.scale.calm)
    trial.settle(lost=True, unanswered=True)


def kill_drainer(trial: Trial) -> None:
    """kill -9 of the workers when the journals' taps are in PostgreSQL but not yet deleted from the journals.

    This process locks the journals, so that the deletion waits, and then kills the server.
    """
    stage = trial.stage
    with trial.load():
        calm(trial)
        stage.signal_postgres(signal.SIGSTOP)
        stage.until(lambda: len(_filled(stage)) > 1, "taps in both journals")
        time.sleep(trial.scale.broken / 2)
    frozen = datetime.now(UTC)
    time.sleep(0.2)
    with _locked(_filled(stage)):
        stage.signal_postgres(signal.SIGCONT)
        held = stage.noted("in_journal")
        trial.begun = min(trial.begun, frozen)
        stage.until(lambda: len(stage.clicks_since(trial.begun)) >= held, "the journals' taps in PostgreSQL", within=10)
        stage.kill_serve()
    trial.tell(f"killed with {held:,} taps in PostgreSQL and in the journals")
    stage.start_serve()
    trial.settle()


def terminate(trial: Trial) -> None:
    """SIGTERM under load, once with PostgreSQL running and once with it frozen."""
    stage = trial.stage
    with trial.load():
        calm(trial)
        for broken in (False, True):
            if broken:
                stage.signal_postgres(signal.SIGSTOP)
            trial.took(stage.stop_serve(), "ended")
            stage.signal_postgres(signal.SIGCONT)
            stage.start_serve()
            time.sleep(trial.scale.calm)
    trial.settle(unanswered=True)


def calm(trial: Trial) -> None:
    """Load while nothing is broken."""
    begun = time.monotonic()
    time.sleep(trial.scale.calm)
    trial.phase("calm", begun)


def restarted(stage: Stage, killed: int) -> bool:
    """Whether PostgreSQL has another main process than the killed one."""
    return stage.postgres.pid not in (None, killed)


def _replaced(stage: Stage, known: list[int]) -> bool:
    """Whether the number of workers is as before, one of them is new, and they answer."""
    now = stage.workers()
    return len(now) == len(known) and now != known and _redirects(stage)


def _redirects(stage: Stage) -> bool:
    return stage.ask("/jabar-bio")[0] == 302


def _tell_degraded(trial: Trial) -> None:
    """Require that the probe and the metrics report the use of the journal."""
    status, body = trial.stage.ask("/readyz")
    trial.require(status == 503 and '"capture":"journal"' in body, f"/readyz answers {status} {body}")
    trial.require(
        trial.stage.metric("jaring_postgres_takes_taps") == 0, "the metrics show that PostgreSQL accepts taps"
    )
    trial.require(trial.stage.metric("jaring_journal_taps") > 0, "the metrics show an empty journal")
    trial.tell("readyz 503, capture journal")


def volume(found: Volume | None) -> Volume:
    """The small disk; raises Skipped if there is none."""
    if found is None:
        raise Skipped("there is no small disk")
    return found


def _filled(stage: Stage) -> list[Path]:
    """The journals with taps in them."""
    return [path for path in stage.journal_files() if _size(path) > 64 * 1024]


def _size(path: Path) -> int:
    """The size of a journal with its write-ahead log, in bytes."""
    return sum(part.stat().st_size for part in (path, _log(path)) if part.exists())


def _log(journal: Path) -> Path:
    return journal.with_name(journal.name + "-wal")


def _garble(journal: Path) -> None:
    """Overwrite 3,000 bytes in the middle of the file, after a checkpoint of its write-ahead log."""
    with contextlib.closing(sqlite3.connect(journal)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with journal.open("r+b") as file:
        file.seek(journal.stat().st_size // 2)
        file.write(b"\xa5" * 3000)


def _tear(journal: Path) -> None:
    """Append half an entry to the write-ahead log, as after a power failure during a write."""
    log = _log(journal)
    begun = log.read_bytes()[32 : 32 + 2000]
    with log.open("ab") as file:
        file.write(begun)


@contextlib.contextmanager
def _locked(journals: list[Path]) -> Iterator[None]:
    """Lock the journals for writing, so that other writers wait."""
    with contextlib.ExitStack() as held:
        for path in journals:
            database = held.enter_context(contextlib.closing(sqlite3.connect(path, isolation_level=None)))
            database.execute("BEGIN IMMEDIATE")
        yield
