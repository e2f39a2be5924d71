"""The processes of a scenario: a separate PostgreSQL, run by the harness, and `jaring serve` with two workers.

Signals are sent only to processes that were started here, which are found as children of a known parent.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg

from api.cli.demo.data import LINKS
from benchmarks.chaos import sign_up
from benchmarks.chaos.log_pipe import LogPipe
from benchmarks.processes import children, workers_of
from benchmarks.redirects import free_port
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.encryption.master_key import load_keys

WORKERS = 2
SLUGS = [row[0] for row in LINKS]
# The limit for starts and other waiting, in seconds; times that matter are measured and checked separately.
PATIENCE_SECONDS = 60.0
# Small, so that a scenario can fill the backlog in memory while the journal is full.
BACKLOG = 1_000
# The size of a volume that is not full.
ROOMY_BYTES = 1_000_000_000


class Skipped(Exception):
    """This machine cannot run the scenario, for the reason in the text."""


@dataclass
class Volume:
    """A small separate disk (tmpfs) that can be filled and freed."""

    path: Path

    def mount(self) -> None:
        self.path.mkdir(parents=True)
        self._mount(f"size={ROOMY_BYTES}")

    def fill(self, *, but: int = 0) -> None:
        """Fill the disk except for `but` bytes."""
        status = os.statvfs(self.path)
        self._mount(f"remount,size={(status.f_blocks - status.f_bfree) * status.f_frsize + but}")

    def make_room(self) -> None:
        self._mount(f"remount,size={ROOMY_BYTES}")

    def unmount(self) -> None:
        subprocess.run(["umount", str(self.path)], check=True, capture_output=True)

    def _mount(self, options: str) -> None:
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.path)], capture_output=True, text=True
        )
        if done.returncode != 0:
            raise Skipped(f"mounting a small disk was refused ({done.stderr.strip()})")


@dataclass
class Stage:
    """The running processes. As under `jaring serve`, `postgres` is restarted when it ends, until it is stopped."""

    folder: Path
    data_volume: Volume | None = None
    journal_volume: Volume | None = None
    port: int = field(default_factory=free_port)
    serve: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.data = self.folder / "var"
        self.journals = self.journal_volume.path if self.journal_volume else self.data / "journal"
        self.postgres = EmbeddedPostgres(
            (self.data_volume.path if self.data_volume else self.folder) / "postgres", on_event=self._note
        )
        # Beside the data where that disk is small. Else it goes through a pipe, as to a program that collects logs.
        self.log = (self.data_volume.path if self.data_volume else self.folder) / "serve.log"
        self.log_pipe: LogPipe | None = None

    def _note(self, event: str, facts: dict[str, object]) -> None:
        with (self.folder / "postgres.log").open("a") as log:
            log.write(f"{event} {facts}\n")

    def set_up(self) -> None:
        self.postgres.start()
        self.url = self.postgres.url
        self.start_serve("--demo")
        self.token_key = load_keys(None, self.data).click_token

    def tear_down(self) -> None:
        if self.serve is not None:
            self.kill_serve()
        self.signal_postgres(signal.SIGCONT)  # a scenario that failed may have left it stopped
        self.postgres.stop()

    # `jaring serve`

    def start_serve(self, *options: str, wait: bool = True) -> None:
        variables = {
            "JARING_DATABASE_URL": self.url,
            "JARING_DATA": str(self.data),
            "JARING_JOURNAL": str(self.journals),
            "JARING_PORT": str(self.port),
            "JARING_WORKERS": str(WORKERS),
            "JARING_CLICK_BACKLOG": str(BACKLOG),
        }
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JARING_", "PG"))}
        self.log_pipe = None if self.data_volume else LogPipe(self.log)
        log = self.log_pipe.writing if self.log_pipe else os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self.serve = subprocess.Popen(
            [str(Path(sys.executable).with_name("jaring")), "serve", *options],
            env={**inherited, **variables},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        os.close(log)
        if wait:
            self.until(self.is_well, "jaring serve to be ready")

    def is_well(self) -> bool:
        """Whether every worker answers and stores taps directly in PostgreSQL."""
        if self.serve is None or self.serve.poll() is not None:
            said = self.log.read_text()[-3000:]
            raise RuntimeError(f"jaring serve ended by itself; it said last:\n{said}")
        # Each request opens a connection to a random worker, so several are sent.
        return len(self.workers()) == WORKERS and all(self.ask("/readyz")[0] == 200 for _ in range(3 * WORKERS))

    def workers(self) -> list[int]:
        """The process ids of the server's workers."""
        return [] if self.serve is None else workers_of(self.serve.pid)

    def kill_serve(self) -> None:
        """kill -9 of the server and all its processes."""
        if self.serve is None:
            return
        # The parent first, or it would start new workers.
        doomed = [self.serve.pid, *children(self.serve.pid)]
        for pid in doomed:
            kill(pid)
        self.serve.wait()
        self.serve = None
        self.until(lambda: not any(alive(pid) for pid in doomed), "the killed processes to be gone")

    def stop_serve(self) -> float:
        """Stop the server by SIGTERM; returns the duration in seconds."""
        if self.serve is None:
            return 0.0
        begun = time.monotonic()
        self.serve.terminate()
        self.serve.wait(PATIENCE_SECONDS)
        self.serve = None
        return time.monotonic() - begun

    def ask(self, path: str) -> tuple[int, str]:
        """The status and body of one request; status 0 if there was no response."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def register(self) -> sign_up.Answer:
        """Let one candidate sign up."""
        return sign_up.register(self.port, notice_version=sign_up.notice_version(self.port))

    def metric(self, name: str) -> float:
        """The value of a metric, of all workers together."""
        for line in self.ask("/metrics")[1].splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return float("nan")

    # PostgreSQL

    def postgres_processes(self) -> list[int]:
        """The process ids of PostgreSQL, the main process first."""
        pid = self.postgres.pid
        return [] if pid is None else [pid, *children(pid)]

    def signal_postgres(self, number: signal.Signals) -> None:
        for pid in self.postgres_processes():
            kill(pid, number)

    def query(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(psycopg_conninfo(self.url), connect_timeout=5) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    def postgres_answers(self) -> bool:
        with contextlib.suppress(psycopg.Error):
            return bool(self.query("SELECT 1"))
        return False

    def lost(self) -> int:
        """The number of lost taps in the table `tap_losses`."""
        ((taps,),) = self.query("SELECT coalesce(sum(taps), 0) FROM tap_losses")
        return int(str(taps))

    def quality(self) -> dict[str, object]:
        """The quality block of the API's statistics for today."""
        key = json.loads((self.data / "demo-keys.json").read_text())["marketer"]
        today = datetime.now(ZoneInfo("Asia/Jakarta")).date().isoformat()
        question = {"metrics": ["clicks"], "date_range": {"from": today, "to": today}}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        with contextlib.closing(connection):
            connection.request("POST", "/v1/statistics/query", json.dumps(question), headers)
            answer: dict[str, dict[str, dict[str, object]]] = json.loads(connection.getresponse().read())
        return answer["meta"]["quality"]

    def clicks_since(self, moment: datetime) -> list[UUID]:
        return [UUID(str(row[0])) for row in self.query("SELECT id FROM clicks WHERE clicked_at >= %s", moment)]

    # Journals

    def journal_files(self) -> list[Path]:
        return sorted(self.journals.glob("*.journal"))

    def accounts(self) -> list[dict[str, int]]:
        """The loss record of each process: counts of taps `lost`, `in_memory` and `in_journal`."""
        found = []
        for path in self.journals.glob("*.losses"):
            with contextlib.suppress(OSError, ValueError):
                found.append(json.loads(path.read_text()))
        return found

    def noted(self, what: str) -> int:
        return sum(account[what] for account in self.accounts())

    def is_settled(self) -> bool:
        """Whether no tap is waiting anywhere and all losses are in PostgreSQL."""
        return (
            self.is_well()
            and len(self.journal_files()) == WORKERS
            and not any(account[what] for account in self.accounts() for what in ("lost", "in_memory", "in_journal"))
        )

    def until(self, happened: Callable[[], bool], what: str, *, within: float = PATIENCE_SECONDS) -> float:
        """Wait until `happened` is true; returns the duration in seconds."""
        begun = time.monotonic()
        while not happened():
            if time.monotonic() - begun > within:
                raise RuntimeError(f"waited {within:.0f} s in vain for {what}")
            time.sleep(0.02)
        return time.monotonic() - begun


@contextlib.contextmanager
def stage(*, small_disks: bool = False) -> Iterator[Stage]:
    """Start a stage; `small_disks`: one for PostgreSQL's data and one for the journals. Raises Skipped."""
    # A short path, since those of sockets are limited, and readable by all, since root runs PostgreSQL as another user.
    folder = Path(tempfile.mkdtemp(prefix="jaring-chaos-"))
    folder.chmod(0o755)
    disk, journals = (Volume(folder / name) if small_disks else None for name in ("disk", "journals"))
    with contextlib.ExitStack() as ending:
        ending.callback(shutil.rmtree, folder, ignore_errors=True)
        for volume in (disk, journals):
            if volume:
                volume.mount()
                ending.callback(volume.unmount)
        played = Stage(folder, disk, journals)
        ending.callback(played.tear_down)
        played.set_up()
        yield played


def alive(pid: int) -> bool:
    """Whether a process is running; a zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
