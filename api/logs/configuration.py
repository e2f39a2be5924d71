"""Logging of server processes: JSON lines on standard error, which can neither raise nor wait.

All that a process reports goes the same way: structlog, the standard library's logging, and what Python itself prints.
"""

import atexit
import contextlib
import json
import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

from api.logs.output import BoundedOutput
from campaigns.kit.crash_place import crash_place

STANDARD_OUTPUT, STANDARD_ERROR = 1, 2
# What a process waits at its end for its last lines to be written.
DRAIN_SECONDS = 1.0

_AS_JSON = structlog.processors.JSONRenderer()
log = structlog.get_logger("jaring.libraries")


def configure_logging(level: str) -> None:
    """Let this process report by JSON lines of this level and above, and make its standard streams safe to write to."""
    _open_closed_descriptors()
    sys.stdout, sys.stderr = BoundedOutput(STANDARD_OUTPUT), BoundedOutput(STANDARD_ERROR)
    atexit.register(drain_logs)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _rendered,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level.lower()),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, sys.stderr)),
        cache_logger_on_first_use=True,
    )
    logging.raiseExceptions = False
    logging.basicConfig(handlers=[LibraryHandler()], level=logging.WARNING, force=True)


def drain_logs() -> None:
    """Wait a moment for what was reported to be written, before this process ends."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, BoundedOutput):
            stream.drain(within_seconds=DRAIN_SECONDS)


class LibraryHandler(logging.Handler):
    """Passes records of the standard library's logging on as JSON lines.

    Without values and exception messages, which can be personal data: what was reported, where, and the type of error.
    """

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        with contextlib.suppress(Exception):  # a report must not fail, whatever a library puts into it
            log.log(
                min(record.levelno // 10 * 10, logging.CRITICAL),
                "library_reported",
                logger=record.name,
                # A text without arguments may have been put together from values already.
                text=record.msg if record.args and isinstance(record.msg, str) else None,
                place=crash_place(error) if error else f"{record.pathname}:{record.lineno}",
                error=type(error).__name__ if error else None,
            )


def _open_closed_descriptors() -> None:
    """Open what `2>&-` closes: the next file or connection would get its number, and the log be written into that."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
            os.set_inheritable(descriptor, True)


def _rendered(logger: Any, method: str, facts: MutableMapping[str, Any]) -> str:
    """The facts as JSON; of facts that cannot be, what happened."""
    try:
        return str(_AS_JSON(logger, method, facts))
    except Exception:  # whatever a value's own code does when it is asked for its text
        return json.dumps({name: str(facts.get(name)) for name in ("event", "level", "timestamp")})
