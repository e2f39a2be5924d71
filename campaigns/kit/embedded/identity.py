"""The account that the server runs as, and how its programs are started.

PostgreSQL refuses to run as root, so under root it runs as an unprivileged account. That account may be
unable to reach a clone below a private folder (`/root`, `mktemp -d`); it then gets one capability, to pass
folders and to read.
"""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from campaigns.kit.embedded.errors import EmbeddedPostgresError


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system; one without a name has no passwd entry."""

    uid: int
    gid: int
    name: str | None


@dataclass(frozen=True, slots=True)
class Identity:
    """The server's account, and the command prefix that switches to it (empty if it is ours)."""

    account: Account
    switches: bool
    prefix: tuple[str, ...] = ()


def account_of(uid: int, gid: int) -> Account:
    """Return the account with this user id; `gid` counts where the system does not know the user."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(uid, gid, None)
    return Account(uid, entry.pw_gid, entry.pw_name)


def python_account() -> Account:
    """Return the account of this process; PostgreSQL needs its name to let us in."""
    account = account_of(os.geteuid(), os.getegid())
    if account.name is None:
        raise EmbeddedPostgresError(
            f"user id {account.uid} has no name in this system's list of accounts; PostgreSQL needs one; "
            "add it there or run as another user"
        )
    return account


def server_account(data: Path) -> Account:
    """Return the account to run the server as: ours, or under root the data's owner, or else `nobody`."""
    if os.geteuid() != 0:
        return python_account()
    if data.is_dir() and (owner := data.stat()).st_uid != 0:
        return account_of(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedPostgresError(
            "PostgreSQL does not run as root and this system has no account 'nobody' to run it as; "
            "run as an ordinary user"
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid, nobody.pw_name)


def resolve_identity(account: Account, *, binaries: Path, folders: Sequence[Path]) -> Identity:
    """Return a tested way to start programs as `account`, able to read `binaries` and the `folders`."""
    if account.uid == os.geteuid():
        return Identity(account, switches=False)
    ways = [Identity(account, switches=True)]
    if setpriv := shutil.which("setpriv"):
        ways.append(Identity(account, switches=False, prefix=_with_read_search(setpriv, account)))
    for way in ways:
        if _reaches(way, binaries, folders):
            return way
    raise EmbeddedPostgresError(_unreachable(account, [*folders, binaries]))


def _with_read_search(setpriv: str, account: Account) -> tuple[str, ...]:
    # setpriv becomes the program by exec, so the server stays our direct child. PostgreSQL looks for its own
    # files with access(2), which ignores the capabilities of all but root unless no_setuid_fixup is set.
    return (
        setpriv,
        f"--reuid={account.uid}",
        f"--regid={account.gid}",
        "--clear-groups",
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--securebits=+no_setuid_fixup",
        "--",
    )


def _reaches(way: Identity, binaries: Path, folders: Sequence[Path]) -> bool:
    # pg_config locates its files as the server does; mode bits alone would not tell whether that works.
    script = 'program=$1; shift; for folder; do cd "$folder" || exit 1; done; exec "$program" --version'
    command = ["/bin/sh", "-c", script, "sh", str(binaries / "pg_config"), *map(str, folders)]
    try:
        return launch(way, command, output=subprocess.DEVNULL).wait(timeout=30) == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _unreachable(account: Account, wanted: Sequence[Path]) -> str:
    who = f"PostgreSQL does not run as root, and as '{account.name or account.uid}' it cannot"
    remedy = "put the project and its DATA directory elsewhere, or run as an ordinary user"
    for path in wanted:
        for folder in reversed([path, *path.parents]):
            if not _may_pass(account, folder):
                return f"{who} enter {folder}; {remedy}"
    return f"{who} use {' or '.join(map(str, wanted))}; {remedy}"


def _may_pass(account: Account, folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    return bool(status.st_mode & (0o010 if status.st_gid == account.gid else 0o001))


def launch(identity: Identity, command: Sequence[str], *, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
    """Start `command` as the server's account in a new session; its output goes to `output`."""
    account = identity.account
    return subprocess.Popen(  # noqa: S603 - a fixed program, no shell
        [*identity.prefix, *command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        cwd="/",  # ours may be closed to the server's account
        env=_environment(),
        start_new_session=True,  # Ctrl-C reaches only us; we then stop the server in order
        user=account.uid if identity.switches else None,
        group=account.gid if identity.switches else None,
        extra_groups=[] if identity.switches else None,
    )


def _environment() -> dict[str, str]:
    """Return only the variables that the programs need: our own environment may contain secrets."""
    library_path = os.environ.get("LD_LIBRARY_PATH")
    extra = {"LD_LIBRARY_PATH": library_path} if library_path else {}
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **extra}


def hand_over(path: Path, account: Account) -> None:
    """Give `path`, and all below it, to `account`, under root only; links are never followed."""
    if os.geteuid() != 0 or path.is_symlink() or path.lstat().st_uid == account.uid:
        return
    _give(path, account)
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            _give(Path(folder, name), account)


def _give(path: Path, account: Account) -> None:
    os.chown(path, account.uid, account.gid, follow_symlinks=False)
