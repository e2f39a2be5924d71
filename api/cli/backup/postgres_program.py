"""Runs PostgreSQL's own programs for backups, those that are installed with the embedded server.

They fit it, which is newer than the `pg_dump` of most systems, and every older server.
"""

import os
import subprocess

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api.cli.errors import CommandError
from campaigns.kit.database.url import psycopg_conninfo
from campaigns.kit.embedded.binaries import find_binaries


def run_program(program: str, url: str, *arguments: str) -> None:
    """Run `program` on the database; raises CommandError with its reason if it fails."""
    # The password is not on the command line, which all accounts of the machine can read.
    parts = conninfo_to_dict(psycopg_conninfo(url))
    password = parts.pop("password", None)
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    outcome = subprocess.run(  # noqa: S603 - a program of ours, no shell
        [find_binaries(None) / program, f"--dbname={make_conninfo('', **parts)}", *arguments],
        env=environment,
        umask=0o077,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if outcome.returncode != 0:
        # Further lines can quote rows.
        reason = (outcome.stderr.strip().splitlines() or ["it gave no reason"])[0]
        raise CommandError(f"{reason.removeprefix(f'{program}: error: ')} ({program})")
