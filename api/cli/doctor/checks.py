"""`jaring doctor`: checks the set-up part by part. It starts nothing and writes nothing."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from api.cli.database import embedded_directory
from api.cli.doctor.database import check_database
from api.cli.doctor.server import check_server
from api.cli.doctor.types import Diagnosis, Level, failure, warning, well
from api.links.public_url import public_url_advice
from campaigns.kit.files.private import open_to_others
from campaigns.kit.settings import Settings

# Files that one diagnosis names.
MAX_NAMED = 5


def run_checks() -> Iterator[Diagnosis]:
    """A diagnosis per part, in the order in which `serve` needs them; stops where nothing further can be checked."""
    settings = Settings()
    yield well("python", ".".join(str(part) for part in sys.version_info[:3]))
    folder = _check_data_folder(settings.data.absolute())
    yield folder
    if folder.level is Level.FAIL:
        return
    yield _check_private(settings)
    yield from check_database(settings)
    yield _check_public_url(settings)
    yield check_server(settings)


def _check_data_folder(folder: Path) -> Diagnosis:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        return failure(
            "data folder", f"{existing} is a file", remedy="Move it away, or choose another folder with JARING_DATA."
        )
    if not os.access(existing, os.W_OK | os.X_OK):
        return failure(
            "data folder",
            f"this account may not write in {existing}",
            remedy="Give it to the account that serves, or choose another folder with JARING_DATA.",
        )
    return well("data folder", str(folder) + ("" if existing == folder else ", which the first start makes"))


def _check_private(settings: Settings) -> Diagnosis:
    """Whether what holds secrets or taps can be read by other accounts of the machine."""
    part, journal, postgres = "private files", settings.journal_directory, embedded_directory(settings)
    try:
        found = open_to_others(
            [
                settings.data,
                settings.data / "master.key",
                settings.data / "demo-keys.json",
                postgres / "data",
                postgres / "server.log",
                journal,
                *(journal.iterdir() if journal.is_dir() else ()),
            ]
        )
    except OSError as error:
        return failure(part, f"{error.filename} cannot be read", remedy="Run this as the account that serves.")
    if not found:
        return well(part, "no other account can read them")
    named = ", ".join(map(str, found[:MAX_NAMED])) + (", …" if len(found) > MAX_NAMED else "")
    return failure(part, f"other accounts can read or write {named}", remedy="Take their rights with `chmod go-rwx`.")


def _check_public_url(settings: Settings) -> Diagnosis:
    advice = public_url_advice(settings)
    if advice is None:
        return well("short links", f"begin with {settings.short_link_base}")
    return warning("short links", advice.problem, remedy=advice.remedy)
