"""`jaring serve` as a process with its own data folder, and other `jaring` commands on the same data."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

JARING = str(Path(sys.executable).with_name("jaring"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def data_folder() -> Iterator[Path]:
    """Where a server may keep its data; on a short path, for sockets below it have a limit of about 100 bytes."""
    with tempfile.TemporaryDirectory(prefix="jaring-e2e-") as folder:
        yield Path(folder) / "var"


@dataclass
class Server:
    """A `jaring serve` process; everything it printed is in `printed`."""

    data: Path
    port: int
    options: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    printed: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        settings = {"JARING_DATA": str(self.data), "JARING_PORT": str(self.port)}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JARING_", "PG"))}
        return {**inherited, **settings, **self.variables}

    def start(self) -> "Server":
        """Start and return when it serves."""
        self.printed = ""
        self.process = subprocess.Popen(
            [JARING, "serve", *self.options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A group of its own, so that Ctrl-C can be sent to all of it as a terminal does.
            start_new_session=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        while "Ctrl-C stops everything" not in self.printed:
            assert self.process.poll() is None, self.printed
            time.sleep(0.01)
        return self

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        with self.process.stdout as printed:
            for line in printed:
                self.printed += line

    def press_ctrl_c(self) -> int:
        """Send SIGINT to the whole process group; the exit code."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self.process.wait()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run another `jaring` command on the same data."""
        return subprocess.run([JARING, *command], env=self.environment, capture_output=True, text=True, check=False)

    def key(self, role: str) -> dict[str, str]:
        """Make a key of the national unit; the headers of a request with it."""
        made = self.run("keys", "create", "--role", role, "--name", f"test {role}")
        secret = re.search(r"jrg_\w{38}", made.stdout)
        assert secret, made.stdout + made.stderr
        return {"Authorization": f"Bearer {secret[0]}"}


def wait_until_gone(data: Path) -> None:
    """Wait until no process names the data folder; helpers of Python end a moment after their parent."""
    while processes_of(data):
        time.sleep(0.01)


def processes_of(data: Path) -> list[str]:
    """The command lines of all running processes that name the data folder."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            environment = (folder / "environ").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if folder.name != str(os.getpid()) and (str(data) in line or f"JARING_DATA={data}" in environment):
            found.append(f"{folder.name} {line}")
    return found
