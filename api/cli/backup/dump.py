"""`jaring dump`: writes the whole database to one file."""

from pathlib import Path

from api.cli.backup.postgres_program import run_program
from api.cli.database import reachable_database
from api.cli.errors import CommandError
from campaigns.kit.files.durable import sync_to_disk
from campaigns.kit.settings import Settings


def dump_database(file: Path) -> str:
    """Write a dump in PostgreSQL's custom format for this account alone; the file is there only once it is whole."""
    partial = file.with_name(f"{file.name}.part")
    with reachable_database(Settings()) as url:
        try:
            run_program("pg_dump", url, "--format=custom", f"--file={partial}")
            sync_to_disk(partial)
            partial.replace(file)
            sync_to_disk(file.absolute().parent)
        except OSError as error:
            raise CommandError(f"{file} cannot be written ({(error.strerror or '').lower()})") from None
        finally:
            partial.unlink(missing_ok=True)
    return (
        f"Dumped to {file}, {file.stat().st_size / 1_000_000:.1f} MB. The master key is not in it: without the key its "
        "personal data cannot be read."
    )
