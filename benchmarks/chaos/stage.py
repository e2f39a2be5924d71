"""What a scenario breaks: a PostgreSQL of its own, run by the harness, and `jaring serve` with two workers beside it.

All are real processes. Signals go only to processes that were started here, found as children of a known parent.
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
from benchmarks.processes import children, workers_of
from benchmarks.redirects import free_port
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.supervisor import EmbeddedPostgres
from campaigns.kit.encryption.master_key import load_keys

WORKERS = 2
SLUGS = [row[0] for row in LINKS]
# So long may the machine take to start or settle something; what has to be quick is measured and judged apart.
PATIENCE_SECONDS = 60.0
# Small, so that a scenario can fill the memory behind a full journal.
BACKLOG = 1_000
# A volume's size while it is not meant to be full.
ROOMY_BYTES = 1_000_000_000


class Skipped(Exception):
    """This machine cannot play the scenario; the text says why."""


@dataclass
class Volume:
    """A small disk of its own (tmpfs) that can be made full and roomy again."""

    path: Path

    def mount(self) -> None:
        self.path.mkdir(parents=True)
        self._mount(f"size={ROOMY_BYTES}")

    def fill(self, *, but: int = 0) -> None:
        """Leave so many bytes free."""
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
    """The running parts. `postgres` restarts by itself when it dies, as under `jaring serve`, until it is stopped."""

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
        self.log = self.folder / "serve.log"

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
        with self.log.open("ab") as log:
            self.serve = subprocess.Popen(
                [str(Path(sys.executable).with_name("jaring")), "serve", *options],
                env={**inherited, **variables},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        if wait:
            self.until(self.is_well, "jaring serve to be ready")

    def is_well(self) -> bool:
        """Whether every worker answers and takes taps straight to PostgreSQL."""
        if self.serve is None or self.serve.poll() is not None:
            said = self.log.read_text()[-3000:]
            raise RuntimeError(f"jaring serve ended by itself; it said last:\n{said}")
        # A new connection each: which worker gets it is chance, so a few are asked.
        return len(self.workers()) == WORKERS and all(self.ask("/readyz")[0] == 200 for _ in range(3 * WORKERS))

    def workers(self) -> list[int]:
        """The process ids of the server's workers."""
        return [] if self.serve is None else workers_of(self.serve.pid)

    def kill_serve(self) -> None:
        """End the server and all its workers at once."""
        if self.serve is None:
            return
        # The parent first, or it would start others in their place.
        doomed = [self.serve.pid, *self.workers()]
        for pid in doomed:
            kill(pid)
        self.serve.wait()
        self.serve = None
        self.until(lambda: not any(alive(pid) for pid in doomed), "the killed processes to be gone")

    def stop_serve(self) -> float:
        """Ask the server to end, as an operator does; returns the seconds it took."""
        if self.serve is None:
            return 0.0
        begun = time.monotonic()
        self.serve.terminate()
        self.serve.wait(PATIENCE_SECONDS)
        self.serve = None
        return time.monotonic() - begun

    def ask(self, path: str) -> tuple[int, str]:
        """The status and the body of one request, 0 if there was no answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def metric(self, name: str) -> float:
        """One metric over all workers."""
        for line in self.ask("/metrics")[1].splitlines():
            if line.startswith(f"{name} "):
                return float(line.rpartition(" ")[2])
        return float("nan")

    # PostgreSQL

    def postgres_processes(self) -> list[int]:
        """The process ids of the running PostgreSQL, its first process first."""
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
        """The taps that the table of losses tells of."""
        ((taps,),) = self.query("SELECT coalesce(sum(taps), 0) FROM tap_losses")
        return int(str(taps))

    def quality(self) -> dict[str, object]:
        """What the API says with today's figures of how good they are."""
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
        """What each journal's process has written down: taps `lost`, `in_memory`, `in_journal`."""
        found = []
        for path in self.journals.glob("*.losses"):
            with contextlib.suppress(OSError, ValueError):
                found.append(json.loads(path.read_text()))
        return found

    def noted(self, what: str) -> int:
        return sum(account[what] for account in self.accounts())

    def is_settled(self) -> bool:
        """Whether no tap waits anywhere and no loss is yet to be told."""
        return (
            self.is_well()
            and len(self.journal_files()) == WORKERS
            and not any(account[what] for account in self.accounts() for what in ("lost", "in_memory", "in_journal"))
        )

    def until(self, happened: Callable[[], bool], what: str, *, within: float = PATIENCE_SECONDS) -> float:
        """Wait for something and return the seconds it took."""
        begun = time.monotonic()
        while not happened():
            if time.monotonic() - begun > within:
                raise RuntimeError(f"waited {within:.0f} s in vain for {what}")
            time.sleep(0.02)
        return time.monotonic() - begun


@contextlib.contextmanager
def stage(*, small_disks: bool = False) -> Iterator[Stage]:
    """A stage that is set up; with small disks, PostgreSQL's data and the journals each have one. Raises Skipped."""
    # Short, since sockets' paths are limited; open, since PostgreSQL runs as another account under root.
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
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)
