"""The lanes of the API: which requests have processes of their own, so that work in one lane cannot delay another.

A lane is one entry here. The gateway chooses the lane by the path, `jaring serve` starts its processes.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path


class Lane(StrEnum):
    """Who is served."""

    CANDIDATES = "candidates"
    STAFF = "staff"


# The beginning of the paths of a lane; everything else is staff's.
PREFIXES = {"/v1/public/": Lane.CANDIDATES}
# What is added to the niceness of a lane's processes: on a busy machine taps come first, then registrations. Ten steps
# leave a process about a tenth of a core beside a busy one, so that even staff is never without an answer.
NICENESS = {Lane.CANDIDATES: 5, Lane.STAFF: 10}


def lane_of(path: str) -> Lane:
    """The lane of a request's path."""
    return next((lane for prefix, lane in PREFIXES.items() if path.startswith(prefix)), Lane.STAFF)


def socket_paths(folder: Path, lane: Lane, processes: int) -> Sequence[Path]:
    """The Unix sockets of a lane's processes."""
    return [folder / f"{lane}-{number}.sock" for number in range(1, processes + 1)]
