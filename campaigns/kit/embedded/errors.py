"""The one exception of the embedded PostgreSQL; the command line prints its text and exits."""

from pathlib import Path


class EmbeddedPostgresError(Exception):
    """The embedded server cannot serve; `str()` is one sentence that tells a person why and what to do."""


def unusable(error: OSError, directory: Path) -> EmbeddedPostgresError:
    """Describe an operating system error that occurred in `directory`."""
    what = (error.strerror or str(error)).lower()
    where = error.filename or directory
    return EmbeddedPostgresError(
        f"PostgreSQL cannot use {where}: {what}; correct that or choose another DATA directory"
    )
