"""The data directory: created atomically, checked and configured at each start."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from campaigns.kit.embedded import server_log
from campaigns.kit.embedded.errors import EmbeddedPostgresError
from campaigns.kit.embedded.identity import Identity, hand_over, launch
from campaigns.kit.files.durable import sync_to_disk

NAME = "jaring"  # the superuser and the database

# log_min_messages = log leaves ERROR lines out: their texts quote the value that was refused, and no personal
# data may reach the log. The application gets every error anyway. Nor is any part of a statement written.
SETTINGS = """\
# Written by Jaring at each start; use ALTER SYSTEM for changes of your own.
shared_buffers = '128MB'
max_connections = 100
unix_socket_permissions = 0700

fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = minimal
max_wal_senders = 0

timezone = 'UTC'
log_timezone = 'UTC'
lc_messages = 'C'

log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%m [%p] '
log_min_messages = log
log_statement = 'none'
log_min_error_statement = panic
log_min_duration_statement = -1
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_error_verbosity = terse
log_checkpoints = off
"""
HBA = f"local all {NAME} peer map={NAME}\n"


def discard_partial(directory: Path) -> None:
    """Remove the half-made data directories of starts that were killed; the caller holds the lock."""
    for left in directory.glob("data.new-*"):
        shutil.rmtree(left, ignore_errors=True)


def needs_initdb(data: Path, *, major: int) -> bool:
    """Tell whether `data` is absent or empty; raises EmbeddedPostgresError when it is not ours to use."""
    try:
        version = (data / "PG_VERSION").read_text(errors="replace").strip()
    except FileNotFoundError:
        if not data.exists() or not any(data.iterdir()):
            return True
        raise EmbeddedPostgresError(
            f"{data} contains files but is not a PostgreSQL data directory (PG_VERSION is missing); "
            "move it away or choose another DATA directory"
        ) from None
    if version != str(major):
        raise EmbeddedPostgresError(
            f"{data} was created by PostgreSQL {version or '(no version)'} and this is PostgreSQL {major}; "
            "either dump it with the old version (pg_dump) and load the dump into a new DATA directory, "
            "or choose another DATA directory"
        )
    return False


def create_cluster(
    data: Path,
    *,
    binaries: Path,
    identity: Identity,
    major: int,
    stopping: Callable[[], bool],
) -> None:
    """Make a data directory and put it in place only when it is complete; gives up once `stopping()`."""
    if identity.account.name is None:
        raise EmbeddedPostgresError(
            f"user id {identity.account.uid}, which owns {data}, has no name in this system's account list "
            "(passwd) and initdb needs one; add it there or choose another DATA directory"
        )
    new = Path(tempfile.mkdtemp(prefix="data.new-", dir=data.parent))
    try:
        hand_over(new, identity.account)
        _initdb(new, binaries=binaries, identity=identity, major=major, stopping=stopping)
        new.rename(data)
        sync_to_disk(data.parent)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _initdb(
    new: Path,
    *,
    binaries: Path,
    identity: Identity,
    major: int,
    stopping: Callable[[], bool],
) -> None:
    # From 17 on the built-in provider sorts like C, fast and for ever the same, yet knows Unicode's cases.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= 17 else []
    command = [
        *(str(binaries / "initdb"), "-D", str(new), f"--username={NAME}", "--data-checksums"),
        *("--encoding=UTF8", "--locale=C", *builtin, "--auth-local=peer", "--auth-host=reject"),
        "--no-instructions",
    ]
    child = launch(identity, command, output=subprocess.PIPE)
    try:
        while True:
            if stopping():
                raise EmbeddedPostgresError("stopped before the data directory was complete")
            try:
                output, _ = child.communicate(timeout=0.05)
                break
            except subprocess.TimeoutExpired:
                continue
    except BaseException:
        _end_initdb(child)
        raise
    if child.returncode != 0:
        reason = server_log.reason_in(output.decode(errors="replace"))
        raise EmbeddedPostgresError(f"PostgreSQL could not create its data directory in {new.parent}: {reason}")


def _end_initdb(child: subprocess.Popen[bytes]) -> None:
    # SIGTERM lets initdb end after its current step; SIGKILL would leave its servers' shared memory behind.
    child.terminate()
    try:
        child.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)  # it leads a session, so its children end too
        child.communicate()


def configure(data: Path, *, identity: Identity, client: str) -> None:
    """Write settings and access rules: the accounts `client` and the server's own may connect as `jaring`."""
    users = dict.fromkeys(name for name in (client, identity.account.name) if name)
    files = {
        "jaring.conf": SETTINGS,
        "pg_hba.conf": HBA,
        "pg_ident.conf": "".join(f'{NAME} "{user}" {NAME}\n' for user in users),
    }
    for name, text in files.items():
        _write(data / name, text, identity)


def _write(path: Path, text: str, identity: Identity) -> None:
    # Renamed into place: a full disk or a kill never leaves half a file, and no symbolic link is followed.
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        if os.geteuid() == 0:
            os.fchown(file.fileno(), identity.account.uid, identity.account.gid)
    new.rename(path)


def server_command(data: Path, *, binaries: Path, socket_folder: Path, port: int) -> list[str]:
    """Return the server's command line; settings given here cannot be changed by ALTER SYSTEM."""
    return [
        *(str(binaries / "postgres"), "-D", str(data)),
        *("-c", f"config_file={data / 'jaring.conf'}"),
        *("-c", f"hba_file={data / 'pg_hba.conf'}", "-c", f"ident_file={data / 'pg_ident.conf'}"),
        *("-c", f'unix_socket_directories="{socket_folder}"', "-c", f"port={port}"),
        *("-c", "listen_addresses="),
    ]
